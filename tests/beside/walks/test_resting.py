"""What somebody stopped, paused or never opened is no problem as long as nobody asks for it."""

import pytest
from msgspec.structs import replace

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.walks.resting import observe
from hairpin.diagnose.examination import examine
from hairpin.host.docker import PortBinding
from hairpin.host.managers import Ufw
from hairpin.host.socket import Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.question import Question
from hairpin.question.target import parse_origin, parse_target
from tests.causes.ipv6_hosts import of_ipv6_network
from tests.remedy.test_stopped_by_person import BESIDE, DOWN
from tests.small_host import container, engine, host_namespace, network


def asked(whole: Network, *words: str) -> tuple[list[int], tuple[str, ...]]:
    """Return the IP versions of the failing flows that are left of the question, and the notes."""
    targets = tuple(map(parse_target, words))
    flows = flows_for(whole, targets, None)
    inquiry = observe(Inquiry(Question(targets=targets), whole, flows, examine(whole, flows)))
    traces = (each for each in inquiry.traces if each.flow.purpose in ("asked", "published"))
    return [each.flow.version for each in traces if not each.succeeds], tuple(map(str, inquiry.notes))


def behind_ufw(closed: str = "DROP", *, enabled: bool = True, at: int | None = None, user: str = "") -> Network:
    """Return the host that publishes a port for both families, and whose INPUT has that policy, and that rule of a user
    of ufw, for IPv6."""
    whole = of_ipv6_network()
    chain = f":ufw6-user-input - [0:0]\n-A INPUT -j ufw6-user-input\n-A ufw6-user-input {user}\n" if user else ""
    six = parse(
        f"*filter\n:INPUT {closed} [0:0]\n{chain}COMMIT\n",
        family="ip6",
        dialect="iptables-nft",
        source="t",
        evidence="e1",
    )
    namespace, *others = whole.this.namespaces
    proxy = Socket("tcp", 6, None, 8151, process="docker-proxy")
    ruled = replace(namespace, ruleset=Ruleset((*namespace.ruleset.tables, *six)), sockets=(*namespace.sockets, proxy))
    (docker,) = whole.this.engines
    bindings = (PortBinding("tcp", 80, 8151, None, 4), PortBinding("tcp", 80, 8151, at, 6))
    web = replace(docker.containers[0], bindings=bindings)
    docker = replace(docker, containers=(web,))
    host = replace(whole.this, namespaces=(ruled, *others), engines=(docker,), ufw=Ufw(enabled=enabled))
    return whole.with_host(host)


@pytest.mark.parametrize("words", ((), ("8151",), ("web",)))
def test_a_family_that_the_firewall_never_opened_is_no_problem(words: tuple[str, ...]) -> None:
    failing, notes = asked(behind_ufw(), *words)
    assert failing == []
    (said,) = notes
    assert "over IPv6, the firewall keeps 8151/tcp closed" in said
    assert "hairpin [2001:db8::11]:8151" in said


def test_what_a_user_of_ufw_denies_is_kept_out_as_what_ufw_closes_by_default() -> None:
    denied = behind_ufw("ACCEPT", user="-p tcp --dport 8151 -j DROP")
    failing, (said,) = asked(denied, "8151")
    assert failing == []
    assert "ufw6-user-input" in said
    assert 6 in asked(denied, "[2001:db8::11]:8151")[0]


def with_ipv4(rules: str) -> Network:
    """Return that host, with these rules for IPv4, too."""
    whole = behind_ufw()
    four = parse(f"*filter\n{rules}COMMIT\n", family="ip", dialect="iptables-nft", source="t", evidence="e1")
    namespace, *others = whole.this.namespaces
    kept = (each for each in namespace.ruleset.tables if (each.family, each.name) != ("ip", "filter"))
    ruled = replace(namespace, ruleset=Ruleset((*kept, *four)))
    return whole.with_host(replace(whole.this, namespaces=(ruled, *others)))


def test_ufw_that_stops_a_forwarded_port_over_ipv4_still_keeps_out_ipv6_in_input() -> None:
    """The repair over IPv4 is a route rule of ufw, and opens nothing over IPv6."""
    failing, (said,) = asked(with_ipv4(":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n"), "8151")
    assert failing
    assert 6 not in failing
    assert "over IPv6" in said


@pytest.mark.parametrize(
    ("whole", "words"),
    (
        (behind_ufw(), ("[2001:db8::11]:8151",)),
        (behind_ufw(enabled=False), ("8151",)),
        (behind_ufw(at=0x20010DB8000000000000000000000011), ("8151",)),
    ),
    ids=("asked for", "a rule of no manager", "published at an address of IPv6"),
)
def test_a_family_that_somebody_asked_for_is_a_problem(whole: Network, words: tuple[str, ...]) -> None:
    failing, notes = asked(whole, *words)
    assert 6 in failing
    assert notes == ()


def test_an_open_family_is_told_of_by_nobody() -> None:
    assert asked(behind_ufw("ACCEPT"), "8151") == ([], ())


@pytest.mark.parametrize(
    ("changed", "rests"),
    (
        ({"exit_code": 0}, True),
        ({"exit_code": 137}, True),
        ({"exit_code": 137, "restart_policy": "always"}, True),
        ({"exit_code": 1}, False),
        ({"exit_code": 139}, False),
    ),
)
def test_a_container_that_somebody_stopped_is_asked_for_by_name_only(changed: dict[str, object], rests: bool) -> None:
    one = replace(DOWN, bindings=container().bindings, **changed)
    whole = network(host_namespace(), docker=engine(one, replace(BESIDE, bindings=())))
    failing, notes = asked(whole)
    assert (failing == []) == rests
    assert notes == ()
    assert asked(whole, one.name)[0]


@pytest.mark.parametrize(("sender", "rests"), (("stopped", False), ("running", True)))
def test_a_container_that_somebody_stopped_is_asked_for_by_name_if_it_sends(sender: str, *, rests: bool) -> None:
    one = replace(DOWN, bindings=container().bindings, exit_code=137)
    whole = network(host_namespace(), docker=engine(one, replace(BESIDE, bindings=())))
    origin = parse_origin(one.name if sender == "stopped" else BESIDE.name)
    flows = flows_for(whole, (), origin)
    left = observe(Inquiry(Question(origin=origin), whole, flows, examine(whole, flows))).traces
    assert any(each.flow.purpose == "published" for each in left) is not rests


def test_a_paused_container_is_told_of_even_if_it_publishes_nothing() -> None:
    one = replace(container("paused"), bindings=())
    (said,) = asked(network(host_namespace(), docker=engine(one)))[1]
    assert "somebody has paused web" in said
    assert asked(network(host_namespace(), docker=engine(container("paused"))))[0] == []
