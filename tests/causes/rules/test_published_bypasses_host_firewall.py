"""A port that a file of the owner's closes to a client that reaches it all the same; a default policy closes none."""

from typing import NamedTuple

import msgspec
import pytest

from hairpin.causes.rules.published_bypasses_host_firewall import of_closed, of_flows
from hairpin.diagnose.examination import examine
from hairpin.host.managers import ConfigFile, Firewalld, FirewalldZone, Ufw, Unit
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from tests.small_host import engine, host_namespace, network, published
from tests.ufw_host import enabled, user_rules, with_ufw

SAVED = "/etc/iptables/rules.v4"
HEAD = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
DENY = "-A INPUT -p tcp -m tcp --dport 8151 -j DROP\n"


class ExposureCase(NamedTuple):
    """A host on which the line of the file closes the port that is reached."""

    within: Network
    file: str
    line: int
    causes: tuple[str, ...] = ("published-bypasses-host-firewall",)


def saved(*lines: str) -> Network:
    text = HEAD + "".join(lines) + "COMMIT\n"
    made = network()
    return made.with_host(msgspec.structs.replace(made.this, files=(ConfigFile(SAVED, text),)))


def ufw(*rules: str, on: bool = True) -> Network:
    within = with_ufw(network(host_namespace()), user=user_rules(*rules))
    return enabled(within) if on else within


CASES: dict[str, ExposureCase] = {
    "saved rules": ExposureCase(saved(DENY), SAVED, 5),
    "a ban of this client alone": ExposureCase(saved(DENY.replace("-p tcp", "-s 192.0.2.0/24 -p tcp")), SAVED, 5),
    "ufw deny": ExposureCase(ufw("-A ufw-user-input -p tcp --dport 8151 -j DROP"), "/etc/ufw/user.rules", 7),
}
SILENT: dict[str, Network] = {
    "no file": network(),
    "a default policy": saved().with_host(
        msgspec.structs.replace(saved().this, files=(ConfigFile(SAVED, HEAD.replace("INPUT ACCEPT", "INPUT DROP")),))
    ),
    "another port": saved(DENY.replace("8151", "8152")),
    "all ports": saved(DENY.replace("8151", "1:65535")),
    "another client": saved(DENY.replace("-p tcp", "-s 203.0.113.0/24 -p tcp")),
    "an allowance before it": saved(DENY.replace("DROP", "ACCEPT"), DENY),
    "saved rules that no unit loads": saved(DENY).with_host(
        msgspec.structs.replace(saved(DENY).this, units=(Unit("docker.service", "active", "enabled"),))
    ),
    "a port of the host's own": saved(DENY).with_host(
        msgspec.structs.replace(saved(DENY).this, engines=(msgspec.structs.replace(engine(), containers=()),))
    ),
    "ufw is off": ufw("-A ufw-user-input -p tcp --dport 8151 -j DROP", on=False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_file_closes_and_is_reached(case: ExposureCase) -> None:
    (found,) = of_flows(examine(case.within, (published(), published(FromHost()))).asked)
    assert found.flows == (0,)
    assert str(found.candidate.title) == f"{case.file} line {case.line} denies port 8151, but clients reach it"


@pytest.mark.parametrize("within", SILENT.values(), ids=SILENT)
def test_what_is_no_such_line(within: Network) -> None:
    assert list(of_flows(examine(within, (published(),)).asked)) == []


def closed_ports(within: Network) -> list[str]:
    """Return what keeps nobody from the port, where a person says that nobody may reach it."""
    return [str(each.candidate.title) for each in of_closed(examine(within, (published(),)).asked)]


def test_a_default_policy_counts_where_a_person_says_so() -> None:
    told = ["ufw keeps nobody from the published port 8151"]
    within = network()
    for policy, enabled_now, expected in (("DROP", True, told), ("DROP", False, []), ("ACCEPT", True, [])):
        of_ufw = Ufw(enabled=enabled_now, default_input_policy=policy)
        assert closed_ports(within.with_host(msgspec.structs.replace(within.this, ufw=of_ufw))) == expected
    assert closed_ports(within) == []
    zone = FirewalldZone("public")
    running = Firewalld(running=True, default_zone="public", runtime=(zone, FirewalldZone("docker", target="ACCEPT")))
    for firewalld, expected in (
        (running, ["firewalld keeps nobody from the published port 8151"]),
        (msgspec.structs.replace(running, running=False), []),
        (msgspec.structs.replace(running, runtime=(msgspec.structs.replace(zone, ports=("8151/tcp",)),)), []),
        (msgspec.structs.replace(running, runtime=(msgspec.structs.replace(zone, target="ACCEPT"),)), []),
    ):
        assert closed_ports(within.with_host(msgspec.structs.replace(within.this, firewalld=firewalld))) == expected
