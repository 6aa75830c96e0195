"""A static or a missing forwarding entry loses frames until their receiver sends something."""

import msgspec

from hairpin.host.link import BridgeInfo
from hairpin.host.route import BROADCAST, FdbEntry, Neighbour
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.walk.link.forwarding_entry import through_entries
from hairpin.walk.state import End, State
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import HOST_NETNS, WEB, WEB_ITSELF, sibling
from tests.walk.link.test_bridge import BRIDGE, DB, OTHER, OWN, PORTS_OWN, TO_OTHER, net
from tests.walk.standing import at

MAC = 9


def bridged(*entries: FdbEntry, known: bool, **veth2: bool) -> Network:
    """Return the host with container db, whose hardware address is MAC; ``known``: web has its neighbour entry."""
    whole = net(docker0={"mac": 1}, veth1={"mac": 2}, veth2={"mac": 3})
    host = whole.namespace(HOST_NETNS)
    links = tuple(
        msgspec.structs.replace(each, port=msgspec.structs.replace(each.port, **veth2))
        if each.name == "veth2" and each.port is not None
        else each
        for each in host.links
    )
    host = msgspec.structs.replace(host, links=links, fdb=(OWN, PORTS_OWN, *entries))
    db, web = whole.namespace(sibling("container:db")), whole.namespace(WEB_ITSELF.netns)
    db = msgspec.structs.replace(
        db, links=tuple(msgspec.structs.replace(each, mac=MAC) if each.name == "eth0" else each for each in db.links)
    )
    if known:
        web = msgspec.structs.replace(web, neighbours=(Neighbour("eth0", 4, OTHER, MAC, "REACHABLE"),))
    for netns, namespace in ((HOST_NETNS, host), (sibling("container:db"), db), (WEB_ITSELF.netns, web)):
        whole = whole.with_namespace(netns, namespace)
    return whole


def entry(port: str, state: str = "static", *, sticky: bool = False) -> FdbEntry:
    return FdbEntry("docker0", port, MAC, state=state, sticky=sticky, evidence="e7")


# network, whether the frame to db passes the bridge
CASES: dict[str, tuple[Network, bool]] = {
    "a static entry for another port": (bridged(entry("veth1"), known=True), False),
    "the same, and db answers ARP first": (bridged(entry("veth1"), known=False), True),
    "the same, and its port does not learn": (bridged(entry("veth1"), known=False, learning=False), False),
    "a sticky one never moves": (bridged(entry("veth1", sticky=True), known=False), False),
    "a static entry for the right port": (bridged(entry("veth2"), known=True), True),
    "a learned entry": (bridged(entry("veth1", ""), known=True), True),
    "no entry, and the port gets what is flooded": (bridged(known=True), True),
    "no entry, and nothing is flooded": (bridged(known=True, flood=False), False),
    "the same, and db answers ARP first, and is learned": (bridged(known=False, flood=False), True),
    "the same, and is not learned": (bridged(known=False, flood=False, learning=False), False),
    "a locked port needs an entry for its sender": (bridged(entry("veth2"), known=True, locked=True), True),
    "an entry, and nothing is flooded": (bridged(entry("veth2"), known=True, flood=False, learning=False), True),
}


@each_row(("network", "passes"), CASES.values(), ids=CASES)
def test_a_frame_follows_the_forwarding_database(network: Network, passes: bool) -> None:
    trace = walk_flow(network, Flow(WEB_ITSELF, 4, OTHER, "tcp", 80))
    lost = trace.usual.stop is not None and trace.usual.stop.reason in ("neighbour-wrong", "bridge-port-state")
    assert lost is not passes


def test_an_answer_goes_to_the_port_that_its_request_came_by() -> None:
    """db asks web: its own frame moves the entry for it before the answer comes."""
    asks = FromContainer("db", sibling("container:db"))
    trace = walk_flow(bridged(entry("veth1"), known=True), Flow(asks, 4, WEB, "tcp", 80))
    assert trace.succeeds


def test_a_locked_port_takes_only_frames_of_known_senders() -> None:
    asks = FromContainer("db", sibling("container:db"))
    for entries, passes in (((), False), ((entry("veth1"),), False), ((entry("veth2"),), True)):
        trace = walk_flow(bridged(*entries, known=False, locked=True), Flow(asks, 4, WEB, "tcp", 80))
        assert trace.succeeds is passes
        assert passes or (trace.usual.stop is not None and trace.usual.stop.reason == "bridge-port-state")


def test_a_port_without_broadcasts_is_not_found_by_other_ports() -> None:
    trace = walk_flow(bridged(known=False, bcast_flood=False), Flow(WEB_ITSELF, 4, OTHER, "tcp", 80))
    assert trace.usual.stop is not None
    assert trace.usual.stop.reason == "bridge-port-state"
    known = walk_flow(bridged(known=True, bcast_flood=False), Flow(WEB_ITSELF, 4, OTHER, "tcp", 80))
    assert known.usual.stop is None or known.usual.stop.reason != "bridge-port-state"


def test_of_a_database_that_was_not_read_a_port_without_floods_may_lack_the_entry() -> None:
    whole = bridged(known=True, flood=False)
    whole = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(whole.namespace(HOST_NETNS), fdb=()))
    host = whole.namespace(HOST_NETNS)
    bridge, out = host.link(BRIDGE.link), host.link("veth2")
    assert bridge is not None
    assert out is not None
    packet = msgspec.structs.replace(TO_OTHER, dmac=MAC)
    state = at("bridge", packet, iif="docker0").with_frame(physin="veth1", target=DB)
    passes, lost = through_entries(whole, state, bridge, out)
    assert isinstance(passes, State)
    assert not isinstance(passes, End)
    assert isinstance(lost, End)


GROUP = 0x3333_FF00_0002
SNOOPING, ASKING = BridgeInfo(), BridgeInfo(mcast_querier=True)
MULTICAST: dict[str, tuple[BridgeInfo, int, bool, bool]] = {
    "a solicitation": (BridgeInfo(mcast_snooping=False), GROUP, False, False),
    "nobody asks for the members of groups": (SNOOPING, GROUP, False, False),
    "the bridge asks for them": (ASKING, GROUP, False, True),
    "the bridge itself sends": (SNOOPING, GROUP, True, True),
    "a broadcast": (SNOOPING, BROADCAST, False, True),
    "a frame to one link": (SNOOPING, MAC, False, True),
}


@each_row(("info", "mac", "own", "passes"), MULTICAST.values(), ids=MULTICAST)
def test_a_port_without_multicast_gets_no_solicitation(info: BridgeInfo, mac: int, own: bool, passes: bool) -> None:
    whole = bridged(entry("veth2"), known=True, mcast_flood=False)
    host = whole.namespace(HOST_NETNS)
    bridge, out = host.link(BRIDGE.link), host.link("veth2")
    assert bridge is not None
    assert out is not None
    bridge = msgspec.structs.replace(bridge, bridge=info)
    packet = msgspec.structs.replace(TO_OTHER, dmac=mac)
    state = at("bridge", packet, iif="docker0").with_frame(physin="veth1", target=DB)
    (outcome,) = through_entries(whole, state, bridge, out, own=own)
    assert isinstance(outcome, State) is passes
