"""How many processes the collector starts on a host with ten containers: that is what it costs the host, and unlike its
time it is the same on every machine."""

import re
from collections.abc import Iterator

import pytest

from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.evidence.reading import Reading
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan

# In a PID namespace of its own a host numbers its processes one after the other.
COUNT = (
    'first=$(sh -c "echo \\$\\$"); sh -s -- "$@" >/dev/null; last=$(sh -c "echo \\$\\$"); echo $((last - first - 2))'
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab(LabPlan(fillers=9)) as lab:
        yield lab


def started(lab: Lab, *arguments: str) -> Iterator[int]:
    """Yield the number of processes of each of ten runs, the first shell among them.  Others of the host count, too:
    those by which dockerd finds out the versions of runc and others when it is asked for its own, and the new threads
    of dockerd and containerd, of which a busy machine has more."""
    argv = ("sh", "-c", COUNT, "sh", *arguments)
    for _ in range(10):
        yield int(lab.host.run(argv, stdin=script().decode()))


@pytest.mark.parametrize(
    ("arguments", "at_most"),
    (
        (("--only", "port=8151"), 96),
        ((), 159),
        (("--apart", "yes"), 99),
        (("--only", "name=-"), 89),
        (("--traces", "all"), 71),
        (("--traces", "known=containers"), 64),
    ),
    ids=("one port", "all of the host", "all without the insides", "no container", "traces", "traces of known ones"),
)
def test_few_processes_are_started(lab: Lab, arguments: tuple[str, ...], at_most: int) -> None:
    """Three more than there were when this was written, for hosts with other tools.  What the collector itself starts
    is the same each time, so one run that is within the limit shows it."""
    counts: list[int] = []
    for count in started(lab, *arguments):
        counts.append(count)
        if count <= at_most:
            return
    pytest.fail(f"each of {len(counts)} runs started more than {at_most} processes: {counts}")


def readings(lab: Lab, text: str, key: str) -> tuple[Reading, ...]:
    printed = lab.host.run(("sh", "-s"), stdin=text)
    return tuple(each for each in parse(printed.encode(), hairpin="", source="").readings if each.key == key)


@pytest.mark.parametrize(("word", "times"), (("all", 1), ("known=containers", 0)))
def test_docker_tells_once_of_each_container(lab: Lab, word: str, times: int) -> None:
    printed = lab.host.run(("sh", "-s", "--", "--traces", word), stdin=script().decode())
    keys = [each.key for each in parse(printed.encode(), hairpin="", source="").readings]
    assert (keys.count("trace-docker-events"), keys.count("trace-containers")) == (1, times)


def of_containers(lab: Lab, text: str, key: str) -> dict[str, Reading]:
    return {each.netns: each for each in readings(lab, text, key) if each.netns.startswith("container:")}


def sysctls_of_containers(lab: Lab, text: str) -> dict[str, set[str]]:
    return {netns: set(each.text.splitlines()) for netns, each in of_containers(lab, text, "sysctl").items()}


def test_what_each_container_is_asked_for_is_listed_once(lab: Lab) -> None:
    """One container has another link besides, and so a list of its own; another one has an IPv6 address."""
    first, second, *_ = lab.host.run("docker inspect -f '{{.State.Pid}}' $(docker ps -q)").split()
    lab.host.run(f"nsenter --net=/proc/{first}/ns/net ip link add eth1 type veth peer eth2")
    lab.host.run(f"nsenter --net=/proc/{second}/ns/net ip -6 addr add fd00::7/64 dev eth0 nodad || true")
    text = script().decode()
    for_each = text.replace("*) usual_sysctls ;;", "*) ;;")
    assert for_each != text
    found = sysctls_of_containers(lab, text)
    assert len(found) == 10
    assert found == sysctls_of_containers(lab, for_each)
    assert sum(any("/conf/eth1/" in line for line in each) for each in found.values()) == 1
    assert all(any("/ipv4/conf/eth0/rp_filter:" in line for line in each) for each in found.values())


def test_awk_reads_the_same_sysctls_as_grep(lab: Lab) -> None:
    text = script().decode()
    by_grep = text.replace("values=$(awk ", "values=$(false ")
    assert by_grep != text
    found = sysctls_of_containers(lab, text)
    assert all(found.values())
    assert found == sysctls_of_containers(lab, by_grep)


IPV6: dict[str, tuple[str, bool]] = {
    "off on each link": (":", False),
    "on for a link without an address": ("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0", True),
    "an address": ("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0; ip -6 addr add fd00::8/64 dev eth0 nodad", True),
    "a route that leads nowhere": ("ip -6 route add blackhole 2001:db8::/32", True),
}


def test_a_container_is_asked_for_ipv6_rules_unless_ipv6_is_off(lab: Lab) -> None:
    """A container without IPv6 costs one process less."""
    names = lab.host.run("docker ps --format '{{.Names}}' | sort").split()[-len(IPV6) :]
    for name, (command, _) in zip(names, IPV6.values(), strict=True):
        pid = lab.host.run(f"docker inspect -f '{{{{.State.Pid}}}}' {name}").strip()
        lab.host.run(("nsenter", f"--net=/proc/{pid}/ns/net", "sh", "-c", command))
    rules = of_containers(lab, script().decode(), "ip-rule6")
    routes = of_containers(lab, script().decode(), "ip-route6")
    for name, (kind, (_, asked)) in zip(names, IPV6.items(), strict=True):
        rule, route = rules[f"container:{name}"], routes[f"container:{name}"]
        assert rule.outcome == route.outcome == "text", kind
        assert rule.origin.startswith("ip -6 ") is asked, kind
        assert bool(rule.text.strip()) is bool(route.text.strip()) is asked, kind


def test_the_installed_packages_are_those_that_dpkg_query_prints(lab: Lab) -> None:
    (reading,) = readings(lab, script().decode(), "packages")
    lines = lab.host.run("dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n'").splitlines()
    installed = {line for line in lines if line[1] == "i"}
    found = set(reading.text.splitlines())
    assert found <= installed
    asked = {line.split()[-2] for line in found}
    assert "iptables" in asked
    assert found == {line for line in installed if line.split()[-2] in asked}


def test_a_containers_shim_is_not_looked_through_for_sockets(lab: Lab) -> None:
    """A shim has 25 files open, and none of them is a socket of IP."""
    (owners,) = readings(lab, script().decode(), "socket-owners")
    held = {line.split(" ", 2)[0]: line.split(" ", 2)[2] for line in owners.text.splitlines()}
    assert "containerd-shim" not in held.values()
    assert "containerd-shim" in lab.host.run("cat /proc/[0-9]*/comm")
    sockets = "".join(each.text for each in readings(lab, script().decode(), "sockets"))
    listening = re.findall(r"^tcp .* ino:(\d+)", sockets, re.MULTILINE)
    assert len(listening) > 10
    assert set(listening) <= set(held)
