"""A boot: what the kernel held is gone, units come back in their order, and lines of scripts are carried out."""

import msgspec
import pytest

from hairpin.events.course import Course
from hairpin.events.happening import asked_course
from hairpin.host.contact import Contact
from hairpin.host.host import Host, Namespace, Unread
from hairpin.host.managers import ConfigFile, NamedGuest, ScriptLine, Unit
from hairpin.host.socket import Socket
from hairpin.netfilter import ipset
from hairpin.network.flow import Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.target import parse_event
from hairpin.walk.walk import walk_flow
from tests.named_namespace_host import POD, inside, whole, with_bridge
from tests.podman_host import RULES as HELD
from tests.podman_host import with_podman
from tests.small_host import container, engine, host_namespace, network, published

ALWAYS = msgspec.structs.replace(container(), restart_policy="always")
RULES = "/etc/iptables/rules.v4"
CLOSED = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
DOCKER = Unit("docker.service", "active", "enabled", after=("network-online.target", "firewalld.service"))
SAVED = Unit("netfilter-persistent.service", "active", "enabled", before=("network-pre.target",))
NO_SET = (
    "`iptables-restore` ends at line 3 of /etc/iptables/rules.v4: there is no set good. It loads neither this table "
    "nor the tables after it"
)
LOGIN = "/user.slice/user-0.slice/session-3.scope"
SERVER = Socket("tcp", 4, None, 22, process="sshd")


def booted(within: Network, **values: object) -> Course:
    known = {"boot_lines": (), **values}
    return asked_course(within.with_host(msgspec.structs.replace(within.this, **known)), parse_event("reboot"))[1]


def host_of(*lines: str, **values: object) -> Host:
    said = tuple(ScriptLine("/etc/rc.local", number, text) for number, text in enumerate(lines, 2))
    return booted(network(docker=engine(ALWAYS)), boot_lines=said, **values).host


def texts(host: Host, chain: str) -> list[str]:
    return [
        rule.text
        for table in host.namespace("host").ruleset.tables
        if table.name == "filter"
        for each in table.chains
        if each.name == chain
        for rule in each.rules
    ]


def policy(host: Host) -> str | None:
    table = host.namespace("host").ruleset.table("ip", "filter", "iptables-nft")
    found = table.chain("FORWARD") if table is not None else None
    return found.policy if found is not None else None


def test_rules_of_run_time_are_gone_and_the_engines_are_back() -> None:
    by_hand = host_namespace().ruleset
    assert by_hand.tables
    host = host_of()
    assert texts(host, "DOCKER") == [
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
    ]
    assert host.namespace("host").sysctls.text("net", "ipv4", "ip_forward") == "1", "dockerd has switched it on"
    assert policy(host) == "drop", "because it found 0"


@pytest.mark.parametrize(("policy_", "carrier"), (("always", True), ("no", False)))
def test_a_bridge_has_carrier_once_a_container_is_on_it(policy_: str, *, carrier: bool) -> None:
    docker = engine(msgspec.structs.replace(container(), restart_policy=policy_))
    link = booted(network(docker=docker)).host.namespace("host").link("docker0")
    assert link is not None
    assert link.carrier is carrier


def test_redirects_are_accepted_where_nothing_switches_forwarding_on() -> None:
    path = ("net", "ipv4", "conf", "all", "accept_redirects")
    within = network(host_namespace(), docker=engine(ALWAYS))
    own = within.this.namespace("host")
    spaces = tuple(
        msgspec.structs.replace(each, sysctls=own.sysctls.with_value(path, "0")) if each.name == "host" else each
        for each in within.this.namespaces
    )
    forwards = within.with_host(msgspec.structs.replace(within.this, namespaces=spaces))
    off = msgspec.structs.replace(DOCKER, enabled="disabled", active="active")
    found = [booted(forwards, units=(each,)).host.namespace("host").sysctls.text(*path) for each in (DOCKER, off)]
    assert found == ["0", "1"]


def test_a_file_that_switches_forwarding_on_comes_first() -> None:
    """Then dockerd finds 1 and leaves the policy of FORWARD as it is."""
    host = host_of(files=(ConfigFile("/etc/sysctl.d/9.conf", "net.ipv4.ip_forward = 1\n"),))
    assert policy(host) == "accept"


@pytest.mark.parametrize(("after", "rules"), (((), 1), (("docker.service",), 0)))
def test_saved_rules_before_and_behind_dockerd(after: tuple[str, ...], rules: int) -> None:
    saved = msgspec.structs.replace(SAVED, after=after, before=() if after else SAVED.before)
    host = host_of(files=(ConfigFile(RULES, CLOSED),), units=(DOCKER, saved))
    assert len(texts(host, "DOCKER")) == rules


@pytest.mark.parametrize(
    ("units", "status"), (((DOCKER,), "running"), ((msgspec.structs.replace(DOCKER, enabled="disabled"),), "exited"))
)
def test_a_dockerd_that_nothing_starts(units: tuple[Unit, ...], status: str) -> None:
    host = host_of(units=units)
    assert [each.status for each in host.containers()] == [status]
    assert (host.namespace("host").link("docker0") is None) is (status == "exited")


def test_lines_of_a_script() -> None:
    host = host_of(
        "iptables -w 5 -A INPUT -s 192.0.2.7 -p tcp --dport 8151 -j DROP",
        "iptables -C INPUT -s 192.0.2.7 -j DROP 2>/dev/null || iptables -I INPUT -s 192.0.2.7 -j DROP",
        "/bin/sh -c 'iptables -C INPUT -s 192.0.2.7 -j DROP || iptables -A INPUT -j DROP'",
        "sysctl net.ipv4.conf.eth0.forwarding=0",
        "iptables -A NOWHERE -j DROP && iptables -P INPUT DROP",
        "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet",
    )
    assert texts(host, "INPUT") == [
        "-A INPUT -s 192.0.2.7/32 -j DROP",
        "-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 8151 -j DROP",
    ]
    values = host.namespace("host").sysctls
    assert values.text("net", "ipv4", "conf", "eth0", "forwarding") == "1", "dockerd, which comes later, writes to all"


@pytest.mark.parametrize(("after", "value", "said"), (((), "1", 1), (("docker.service",), "0", 0)))
def test_a_script_is_quicker_than_dockerd_unless_its_unit_waits(after: tuple[str, ...], value: str, said: int) -> None:
    line = ScriptLine("/etc/rc.local", 2, "sysctl net.ipv4.conf.eth0.forwarding=0")
    units = (DOCKER, Unit("rc-local.service", "active", "enabled", after=after))
    course = booted(network(docker=engine(ALWAYS)), boot_lines=(line,), units=units)
    assert course.namespace.sysctls.text("net", "ipv4", "conf", "eth0", "forwarding") == value
    races = [each for each in course.conditions if str(each) == "/etc/rc.local has finished before dockerd starts"]
    assert len(races) == said


def test_a_host_of_which_the_units_could_not_be_read() -> None:
    unread = (Unread("units", "", "", "no answer within the time limit", ""),)
    assert booted(network(docker=engine(ALWAYS)), unread=unread).missing == ("units",)
    assert booted(network(docker=engine(ALWAYS))).missing == ()


@pytest.mark.parametrize("line", ("for p in 80 443; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done",
                                  "ip tunnel add t0 mode gre"))  # fmt: skip
def test_what_a_line_does_that_is_not_plain_is_a_condition(line: str) -> None:
    course = booted(network(docker=engine(ALWAYS)), boot_lines=(ScriptLine("/etc/rc.local", 4, line),))
    assert [str(each) for each in course.conditions if "eth0" not in str(each)] == [
        f"/etc/rc.local, line 4, changes nothing for these flows: `{line}`",
        "/etc/rc.local has finished before dockerd starts",
    ]


def test_a_cron_line_is_no_part_of_a_boot_unless_it_says_so() -> None:
    lines = tuple(
        ScriptLine("/etc/cron.d/x", number, f"{when} root iptables -A INPUT -j DROP")
        for number, when in ((1, "* * * * *"), (2, "@reboot"))
    )
    assert texts(booted(network(docker=engine(ALWAYS)), boot_lines=lines).host, "INPUT") == ["-A INPUT -j DROP"]


@pytest.mark.parametrize(
    ("unit", "there"), (("/system.slice/ssh.service", True), ("/user.slice/user-0.slice/session-3.scope", False))
)
def test_what_a_login_has_started_is_not_started_again(unit: str, there: bool) -> None:
    server = msgspec.structs.replace(SERVER, unit=unit)
    host = booted(network(host_namespace(sockets=(server,)), docker=engine(ALWAYS))).host
    assert any(each.port == 22 for each in host.namespace("host").sockets) is there


def test_a_host_of_which_no_script_was_read() -> None:
    _, course = asked_course(network(docker=engine(ALWAYS)), parse_event("reboot"))
    assert course.missing == ("boot-scripts",)


def test_the_way_of_a_packet_after_the_boot() -> None:
    course = booted(network(docker=engine(ALWAYS)))
    assert walk_flow(course.network, published(Lan(parse_address("198.51.100.7")[1]))).verdict == "delivered"


def test_dockerd_without_its_proxy_lets_its_bridge_route_loopback_addresses() -> None:
    """Docker 20.10: the kernel makes docker0 anew with 0, and dockerd writes 1."""
    for proxy, value in ((False, "1"), (True, "0")):
        docker = msgspec.structs.replace(engine(container()), userland_proxy=proxy)
        made = network(host_namespace(values={"conf__docker0__route_localnet": "1"}), docker=docker)
        course = booted(made)
        path = ("net", "ipv4", "conf", "docker0", "route_localnet")
        assert course.namespace.sysctls.text(*path) == value


PODMAN = Unit("podman-restart.service", "active", "enabled", after=("network-online.target",))
ORDERS = {
    "no unit orders them": ((DOCKER, PODMAN), 1),
    "Podman's is behind": ((DOCKER, msgspec.structs.replace(PODMAN, after=("docker.service",))), 0),
    "Podman's is before": ((DOCKER, msgspec.structs.replace(PODMAN, before=("docker.service",))), 0),
    "Podman's is not started": ((DOCKER, msgspec.structs.replace(PODMAN, enabled="disabled")), 0),
}


@pytest.mark.parametrize(("units", "count"), ORDERS.values(), ids=ORDERS)
def test_two_engines_that_no_unit_orders_leave_one_of_two_hosts(units: tuple[Unit, ...], count: int) -> None:
    """The first one switches forwarding on, and dockerd sets its policy only if it does so itself."""
    both = with_podman(HELD, engine(), policy="always", values={"ip_forward": "0"})
    course = booted(both, units=units)
    assert len(course.rivals) == count
    told = [str(each.assumed) for each in course.rivals]
    assert told == ["dockerd starts before Podman's containers; no unit orders the two"] * count
    policies = {policy(course.host), *(policy(each.network.this) for each in course.rivals)}
    assert len(policies) == count + 1


def test_one_engine_has_no_rival() -> None:
    assert booted(network(docker=engine(ALWAYS)), units=(DOCKER,)).rivals == ()
    assert booted(with_podman(policy="always"), units=(PODMAN,)).rivals == ()


def test_a_dockerd_that_did_not_answer_is_not_told_to_be_down() -> None:
    """A user without root may not ask the dockerd that runs."""
    mute = msgspec.structs.replace(engine(), running=False)
    states: dict[str, Contact] = {
        "did not say which containers it runs": Contact("docker", "", "unreadable"),
        "does not run now": Contact("docker", "", "stopped"),
    }
    for said, contact in states.items():
        course = booted(network(docker=mute), contacts=(contact,))
        assert [said in str(each) for each in course.conditions if "dockerd" in str(each)] == [True]


LIBVIRTS = (
    "*filter\n:FORWARD ACCEPT [0:0]\n:LIBVIRT_FWI - [0:0]\n-A FORWARD -s 192.0.2.99/32 -j DROP\n"
    "-A FORWARD -j LIBVIRT_FWI\n-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n"
)


def test_programs_of_guests_make_their_rules_again_and_nobody_makes_other_rules_again() -> None:
    course = booted(network(host_namespace(LIBVIRTS), docker=engine()))
    assert texts(course.host, "LIBVIRT_FWI") == [
        "-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable"
    ]
    first, *others = texts(course.host, "FORWARD")
    assert first == "-A FORWARD -j LIBVIRT_FWI"
    assert not any("192.0.2.99" in each for each in others)
    assert course.host.namespace("host").sysctls.text("net", "ipv4", "ip_forward") == "1"
    assert "libvirt starts at boot and makes its rules again" in map(str, course.conditions)
    without = booted(network(docker=engine()))
    assert not any("makes its rules again" in str(each) for each in without.conditions)


def test_a_guest_is_there_after_the_boot() -> None:
    net = whole(inside())
    named = msgspec.structs.replace(net.this, named_guests=(NamedGuest("c1", "lxc", addresses=((4, POD),)),))
    course = booted(net.with_host(named))
    assert "the guests start at boot: c1" in map(str, course.conditions)
    assert inside().name in course.host
    link = course.host.namespace("host").link("vethpod0")
    assert link is not None
    assert link.up
    assert course.rivals == ()


UNIT = "/etc/systemd/system/worker.service"
MAKING = ScriptLine(UNIT, 4, "/usr/sbin/ip netns add worker", "worker.service")


@pytest.mark.parametrize(
    ("lines", "rivals"),
    (
        ((), 1),
        ((MAKING, ScriptLine(UNIT, 5, "ip -n worker link set eth0 up", "worker.service")), 0),
        ((msgspec.structs.replace(MAKING, text="ip netns add workers"),), 1),
        ((ScriptLine("/etc/cron.d/nightly", 2, "0 3 * * * root ip netns add worker"),), 1),
    ),
)
def test_a_namespace_is_there_after_the_boot_by_a_file_or_by_assumption(
    lines: tuple[ScriptLine, ...], rivals: int
) -> None:
    net = whole(inside())
    course = booted(net, boot_lines=lines)
    assert inside().name in course.host
    assert len(course.rivals) == rivals
    for each in course.rivals:
        assert inside().name not in each.network.host(course.label)
        said = "something makes these namespaces again at boot, and starts what runs there: worker"
        assert str(each.assumed) == said
    assert course.conditions == booted(network(net.this.namespace("host"))).conditions


def test_what_a_login_started_in_a_namespace_is_not_started_by_the_file_that_makes_the_namespace() -> None:
    own = (Socket("tcp", 4, None, 80, unit="/system.slice/worker.service"), Socket("tcp", 4, None, 81, unit=LOGIN))
    course = booted(whole(inside(sockets=own)), boot_lines=(MAKING,))
    assert course.host.namespace(inside().name).sockets == own[:1]


PORTMAPS = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n:BY-HAND - [0:0]\n-A PREROUTING -j CNI-HOSTPORT-DNAT\n"
    "-A PREROUTING -j BY-HAND\n-A CNI-HOSTPORT-DNAT -p tcp --dport 8082 -j DNAT --to-destination 10.4.0.2:80\nCOMMIT\n"
)


@pytest.mark.parametrize(("pods", "chains"), (((), set[str]()), ((inside(),), {"CNI-HOSTPORT-DNAT"})))
def test_the_ports_of_pods_come_back_with_the_pods(pods: tuple[Namespace, ...], chains: set[str]) -> None:
    course = booted(whole(*pods, host=with_bridge(PORTMAPS)))
    tables = course.host.namespace("host").ruleset.tables
    assert {"CNI-HOSTPORT-DNAT", "BY-HAND"} & {each.name for table in tables for each in table.chains} == chains


@pytest.mark.parametrize(
    ("lines", "said", "accepts"),
    (
        ((), [NO_SET], False),
        ((ScriptLine("/lib/sets.sh", 1, "ipset restore -f /etc/sets", "sets.service"),), [], True),
    ),
    ids=("nothing saves the sets", "a unit saves the sets"),
)  # fmt: skip
def test_saved_rules_that_name_a_set(lines: tuple[ScriptLine, ...], said: list[str], *, accepts: bool) -> None:
    """The chain is closed only if the file is loaded, and lets the set's addresses pass then."""
    rules = CLOSED.replace("COMMIT", "-A INPUT -m set --match-set good src -j ACCEPT\nCOMMIT").replace(
        ":FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n", ""
    )
    own = host_namespace()
    sets = ipset.parse("create good hash:ip family inet\nadd good 198.51.100.7\n", source="sets")
    held = msgspec.structs.replace(own, ruleset=msgspec.structs.replace(own.ruleset, ipsets=sets))
    files = (ConfigFile(RULES, rules),)
    course = booted(network(held, docker=engine(ALWAYS)), units=(DOCKER, SAVED), files=files, boot_lines=lines)
    assert [str(each) for each in course.failures] == said
    assert bool(texts(course.host, "INPUT")) == accepts
    assert bool(course.namespace.ruleset.ipsets) == accepts


def test_a_file_that_hairpin_cannot_read_is_not_said_to_be_refused() -> None:
    """iptables-restore takes ``-N``, which iptables-save never prints."""
    files = (ConfigFile(RULES, CLOSED.replace("COMMIT", "-N mine\n-A INPUT -j mine\nCOMMIT")),)
    (said,) = booted(network(docker=engine(ALWAYS)), units=(DOCKER, SAVED), files=files).failures
    assert str(said).startswith(f"{RULES} is not loaded: ")
    assert "iptables-restore" not in str(said)
