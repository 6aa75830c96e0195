"""Which live connections a flow can meet."""

import msgspec

from hairpin.netfilter.packet import TCP, UDP, Connection, Tuple
from hairpin.network.flow import Flow, FromContainer, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.plan.connections import concerning, met_by
from tests.rows import each_row
from tests.small_host import CLIENT, DOCKER_RULES, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, network, sibling

FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
FAR = parse_address("203.0.113.80")[1]
OUT = Flow(FromContainer("web", sibling("container:web")), 4, FAR, "tcp", 443)
ASKED = Tuple(CLIENT, HOST_ADDRESS, TCP, FLOW.sport, 8151)
INSIDE = Tuple(CLIENT, WEB, TCP, FLOW.sport, 80)
FROM_WEB = Tuple(WEB, FAR, TCP, OUT.sport, 443)
MASKED = Tuple(HOST_ADDRESS, FAR, TCP, OUT.sport, 443)


def entry(original: Tuple, reply: Tuple | None = None) -> Connection:
    return Connection(4, original, reply or original.reversed(), live=True)


def port(found: Tuple, sport: int) -> Tuple:
    return msgspec.structs.replace(found, sport=sport)


CASES: dict[str, tuple[Flow, Connection, bool]] = {
    "its own": (FLOW, entry(ASKED), True),
    "its own, translated": (FLOW, entry(ASKED, INSIDE.reversed()), True),
    "what it is translated to": (FLOW, entry(INSIDE), True),
    "the other way round": (FLOW, entry(ASKED.reversed()), True),
    "of another port": (FLOW, entry(port(ASKED, 39999)), False),
    "of another protocol": (FLOW, entry(msgspec.structs.replace(ASKED, protocol=UDP)), False),
    "of another client": (FLOW, entry(msgspec.structs.replace(ASKED, saddr=CLIENT + 1)), False),
    "whose answers come to the port that NAT would take": (OUT, entry(port(MASKED, 39999), MASKED.reversed()), True),
    "whose answers come to another port": (OUT, entry(port(MASKED, 39999)), False),
    "out": (OUT, entry(FROM_WEB, MASKED.reversed()), True),
}


@each_row(("flow", "live", "meets"), CASES.values(), ids=CASES)
def test_concerning(flow: Flow, live: Connection, meets: bool) -> None:
    built = remembering(live)
    found = concerning(built.namespace(HOST_NETNS), met_by((built,), (flow,)))
    assert found == ((live,) if meets else ())


def remembering(live: Connection, rules: str = DOCKER_RULES) -> Network:
    return network(msgspec.structs.replace(host_namespace(rules), connections=(live,)))


def test_parts_that_a_change_lets_the_packet_reach_are_rebuilt() -> None:
    """Without the DNAT rule the packet ends on the host; with it it meets what the host knows of the container."""
    live = entry(INSIDE)
    closed = remembering(live, DOCKER_RULES.replace("--dport 8151 -j DNAT", "--dport 8152 -j DNAT"))
    assert concerning(closed.namespace(HOST_NETNS), met_by((closed,), (FLOW,))) == ()
    assert concerning(closed.namespace(HOST_NETNS), met_by((closed, remembering(live)), (FLOW,))) == (live,)
