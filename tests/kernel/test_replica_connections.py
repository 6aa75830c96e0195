"""A live connection decides the verdict on a packet: in the walk, and in the kernel of a replica."""

import subprocess

import msgspec
import pytest

from hairpin.change.change import Change, DropConnection
from hairpin.judges.agreement import agreement
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_DNAT, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, TCP_CLOSED, UDP, Connection, Tcp, TcpState, Tuple
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.judge import after_of, before_of, carry_all, judge, judge_all, orders_of
from hairpin.replica.judgement import Judgement
from hairpin.walk.walk import walk_flow
from tests.small_host import CLIENT, DOCKER_RULES, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, network
from tests.whole import thinned_rows


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """Load nf_conntrack_netlink, as on a host whose entries were read; replicas do not load it."""
    subprocess.run(("unshare", "--net", "conntrack", "-L"), capture_output=True, check=True)


OLD = parse_address("172.17.0.9")[1]
"""The container's address when the connection began."""
FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
SEEN = STATUS_CONFIRMED | STATUS_SEEN_REPLY


def entry(
    state: TcpState, status: int = SEEN | STATUS_ASSURED | STATUS_DNAT, *, to: int = OLD, sport: int = FLOW.sport
) -> Connection:
    """Return the client's connection to the published port, translated to an address of the container's network."""
    original = Tuple(CLIENT, HOST_ADDRESS, TCP, sport, 8151)
    reply = Tuple(to, CLIENT, TCP, 80, sport) if status & STATUS_DNAT else original.reversed()
    tcp = Tcp(state, closing=state in TCP_CLOSED)
    return Connection(4, original, reply, status, live=True, evidence="e9", timeout_s=100, tcp=tcp)


def remembering(*connections: Connection) -> Network:
    return network(msgspec.structs.replace(host_namespace(), connections=connections))


UNANSWERED = STATUS_CONFIRMED | STATUS_DNAT
CASES: dict[str, tuple[Network, str]] = {
    "none": (remembering(), "delivered"),
    "to the old address": (remembering(entry("ESTABLISHED")), "dropped"),
    "to the old address, never answered": (remembering(entry("SYN_SENT", UNANSWERED)), "dropped"),
    "to the old address, half closed": (remembering(entry("FIN_WAIT")), "dropped"),
    "to the old address, closed": (remembering(entry("TIME_WAIT")), "delivered"),
    "to the old address, reset": (remembering(entry("CLOSE", SEEN | STATUS_DNAT)), "delivered"),
    "to the present address": (remembering(entry("ESTABLISHED", to=WEB)), "delivered"),
    "begun before the port was published": (remembering(entry("ESTABLISHED", SEEN)), "delivered"),
    "of another port of the client's": (remembering(entry("ESTABLISHED", sport=39999)), "delivered"),
}


@pytest.mark.parametrize(("built", "verdict"), thinned_rows(CASES.values(), 2), ids=CASES)
def test_the_kernel_agrees_with_the_walk(built: Network, verdict: str) -> None:
    judgement = judge(built, FLOW)
    found = agreement(walk_flow(built, FLOW), judgement)
    assert (judgement.verdict, found.agrees, found.reason, judgement.left_out) == (verdict, True, None, ())


def test_every_flow_finds_the_table_as_it_was() -> None:
    """The first packet of a flow changes its entry; the next flow with the same ports must meet the original entry."""
    judgements = judge_all(remembering(entry("ESTABLISHED")), (FLOW, FLOW))
    assert [each.verdict for each in judgements] == ["dropped", "dropped"]


def judged_with(change: Change) -> tuple[Judgement, Judgement]:
    """Return the verdicts on the flow with a stale entry, without the change and with it."""
    outcomes = carry_all(orders_of(remembering(entry("ESTABLISHED")), (FLOW,), change))
    return before_of(outcomes)[0], after_of(outcomes)[0]


def test_forgetting_the_connection_delivers() -> None:
    forgotten = Change((DropConnection(HOST_NETNS, 4, entry("ESTABLISHED").original),))
    before, after = judged_with(forgotten)
    assert (before.verdict, after.verdict, after.left_out) == ("dropped", "delivered", ())


def test_a_change_that_leaves_the_connection_does_not() -> None:
    before, after = judged_with(Change(()))
    assert (before.verdict, after.verdict) == ("dropped", "dropped")


def test_a_datagram_follows_the_connection_as_well() -> None:
    asked = msgspec.structs.replace(FLOW, protocol="udp")
    original = Tuple(CLIENT, HOST_ADDRESS, UDP, FLOW.sport, 8151)
    reply = Tuple(OLD, CLIENT, UDP, 80, FLOW.sport)
    stale = Connection(4, original, reply, UNANSWERED, live=True, timeout_s=20)
    judgement = judge(remembering(stale), asked)
    trace = walk_flow(remembering(stale), asked)
    assert (judgement.verdict, agreement(trace, judgement).agrees) == ("dropped", True)


def test_flows_may_be_translated_to_the_same_port() -> None:
    text = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -p tcp -j SNAT --to-source 198.51.100.11:31000\nCOMMIT\n"
    built, far = network(host_namespace(text)), parse_address("203.0.113.80")[1]
    flows = (Flow(FromHost(), 4, far, "tcp", 443), Flow(FromHost(), 4, far, "tcp", 443, sport=40001))
    assert [judgement.verdict for judgement in judge_all(built, flows)] == ["delivered", "delivered"]


def raw(*rules: str) -> str:
    """Return Docker's rules, and these in the raw table."""
    return "\n".join((f"{DOCKER_RULES}*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", *rules, "COMMIT", ""))


def in_zone(rules: str, *connections: Connection) -> Network:
    return network(msgspec.structs.replace(host_namespace(rules), connections=connections))


IN, BACK = "-A PREROUTING -i eth0 -j CT --zone 1", "-A PREROUTING -i docker0 -j CT --zone 1"
STALE = entry("ESTABLISHED")
ZONED = msgspec.structs.replace(STALE, zone=1)
ZONES: dict[str, tuple[Network, str]] = {
    "both ways": (in_zone(raw(IN, BACK)), "delivered"),
    "one way: the answer is of no connection": (in_zone(raw(IN)), "unanswered"),
    "another zone's entry": (in_zone(raw(IN, BACK), STALE), "delivered"),
    "the zone's own entry": (in_zone(raw(IN, BACK), ZONED), "dropped"),
    "an entry of a zone that no rule knows": (in_zone(DOCKER_RULES, ZONED), "delivered"),
    "the first zone counts": (in_zone(raw(IN, IN.replace("1", "2"), BACK)), "delivered"),
    "not tracked after all": (in_zone(raw(IN, "-A PREROUTING -i eth0 -j NOTRACK", BACK)), "delivered"),
}


@pytest.mark.parametrize(("built", "verdict"), thinned_rows(ZONES.values(), 2), ids=ZONES)
def test_zones_are_tables_of_their_own(built: Network, verdict: str) -> None:
    judgement = judge(built, FLOW)
    found = agreement(walk_flow(built, FLOW), judgement)
    assert (judgement.verdict, found.agrees, found.reason, judgement.left_out) == (verdict, True, None, ())
