"""Several hosts rebuilt together: the kernel's verdicts between them are those that were recorded, and the walk's.
Needs root.
"""

import msgspec
import pytest

from hairpin.host.host import Host, Unread
from hairpin.host.route import Neighbour
from hairpin.host.socket import Socket
from hairpin.judges.agreement import agreement
from hairpin.message import message
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.judge import judge, judge_all
from hairpin.replica.judgement import Judgement
from hairpin.replica.plan.blueprint import WORLD
from hairpin.replica.run import worker
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded import AGREEING
from tests.acceptance.recorded_networks import evidence, expected
from tests.acceptance.test_networks import CASES, flow_of
from tests.acceptance.test_networks import network as recorded
from tests.two_hosts import ADDRESSES, ONE, TUNNEL_ADDRESSES, TWO, network, node, seen, vxlan
from tests.whole import thinned

# One of each kind: `python -m tests.kernel.test_replica_hosts` judges all recorded networks.
CHOSEN = (
    "container-subnet-on-two-hosts.vxlan",
    "forward-policy-drop.far",
    "healthy-bridge-vxlan-learning",
    "healthy-bridge-vxlan-packet-too-big",
    "healthy-published-across-hosts",
    "healthy-same-private-subnet",
    "healthy-swarm-overlay",
    "healthy-three-nodes",
    "ip-forward-off.host-gw",
    "node-route-missing.loop",
    "node-route-wrong-host.answers",
    "tunnel-ends-differ.vni",
    "tunnel-fdb-stale.answers",
    "tunnel-fdb-stale.new-address",
    "tunnel-neighbour-stale.new-device",
    "upstream-filters-container-addresses.fabric",
    "vxlan-port-blocked.nft",
    "vxlan-port-blocked.swarm",
)


def misses(name: str) -> tuple[str, ...]:
    """Return the errors in a recorded network: walk and replica differ, or the replica and the recorded outcome."""
    asked = {key: each for key, (where, each) in CASES.items() if where == name}
    net = recorded(name)
    flows = tuple(flow_of(each, net) for each in asked.values())
    found: list[str] = []
    judgements = judge_all(net, flows, tuple(evidence(name, host) for host in expected()[name].hosts))
    for key, judgement in zip(asked, judgements, strict=True):
        both = agreement(walk_flow(net, judgement.flow), judgement)
        if both.agrees is not True:
            found.append(f"{key}: {both.reason}")
        # If nobody answers ARP, the kernel sends an ICMP error after some seconds; the replica does not wait for it.
        unheard = AGREEING["timeout"] if asked[key].real == "unreachable" else frozenset[str]()
        if judgement.verdict not in AGREEING[asked[key].real] | unheard:
            found.append(f"{key}: {judgement.verdict}, but really {asked[key].real}")
    return tuple(found)


@pytest.mark.parametrize("name", thinned(CHOSEN, 6))
def test_the_kernel_does_again_what_was_recorded(name: str) -> None:
    assert misses(name) == ()


def agreed(net: Network, flow: Flow) -> Judgement:
    """Return the judgement, after a check that the walk agrees."""
    judgement = judge(net, flow)
    found = agreement(walk_flow(net, flow), judgement)
    assert (found.agrees, found.judge, found.reason) == (True, "replicated", None)
    return judgement


def told(judgement: Judgement) -> tuple[str, ...]:
    return tuple(str(each) for each in judgement.left_out)


def crossed_world(judgement: Judgement) -> bool:
    return any(each.netns == WORLD for each in judgement.path)


TO_TWO = Flow(FromHost(), 4, ADDRESSES["two"], "tcp", 80, host="one")
THROUGH = Flow(FromHost(), 4, TUNNEL_ADDRESSES["two"], "tcp", 80, host="one")
CLOSED = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p {} --dport {} -j DROP\nCOMMIT\n"


@pytest.mark.parametrize("neighbours", ((), (seen("one"),)), ids=("assumed", "seen"))
def test_hosts_on_one_wire_reach_each_other(neighbours: tuple[Neighbour, ...]) -> None:
    judgement = agreed(network(node("one", neighbours=neighbours), node("two")), TO_TWO)
    assert judgement.verdict == "delivered"
    assert not crossed_world(judgement)


def test_a_flow_starts_on_any_host() -> None:
    flow = Flow(FromHost(), 4, ADDRESSES["one"], "tcp", 80, host="two")
    judgement = agreed(network(), flow)
    assert judgement.verdict == "delivered"
    assert judgement.path[0].netns == TWO


def test_an_outside_client_enters_by_the_host_that_it_asks() -> None:
    flow = Flow(Outside(parse_address("192.0.2.10")[1]), 4, ADDRESSES["two"], "tcp", 80, host="two")
    judgement = agreed(network(), flow)
    assert judgement.verdict == "delivered"
    assert ONE not in {each.netns for each in judgement.path}


@pytest.mark.parametrize("place", (0, 1), ids=("first", "second"))
def test_a_host_that_was_not_read_is_left_out(place: int) -> None:
    hosts = [node("one"), node("two")]
    hosts.insert(place, Host("gone", unread=(Unread("host", "", "--host gone", message("no answer"), "", "gone"),)))
    assert agreed(network(*hosts), TO_TWO).verdict == "delivered"


def far_away(*, listening: bool = True) -> Host:
    """Return the second host in another network, behind gateways that nobody read."""
    there = msgspec.structs.replace(node("two"), namespaces=())
    (namespace,) = node("two").namespaces
    own = parse_address("203.0.113.12")[1]
    addresses = tuple(
        msgspec.structs.replace(each, value=own) if each.link == "eth0" else each for each in namespace.addresses
    )
    moved = {ADDRESSES["two"]: own, parse_address("198.51.100.0")[1]: parse_address("203.0.113.0")[1]}
    router = parse_address("203.0.113.1")[1]
    routes = tuple(
        msgspec.structs.replace(
            each,
            destination=moved.get(each.destination, each.destination),
            next_hops=tuple(
                msgspec.structs.replace(hop, gateway=router) if hop.link == "eth0" and hop.gateway else hop
                for hop in each.next_hops
            ),
        )
        for each in namespace.routes
    )
    sockets = namespace.sockets if listening else (Socket("tcp", 4, None, 22),)
    changed = msgspec.structs.replace(namespace, addresses=addresses, routes=routes, sockets=sockets)
    return msgspec.structs.replace(there, namespaces=(changed,))


@pytest.mark.parametrize(("listening", "said"), ((True, "delivered"), (False, "refused")))
def test_the_world_forwards_between_hosts_that_share_no_wire(listening: bool, said: str) -> None:
    flow = msgspec.structs.replace(TO_TWO, daddr=parse_address("203.0.113.12")[1])
    judgement = agreed(network(node("one"), far_away(listening=listening)), flow)
    assert judgement.verdict == said
    assert crossed_world(judgement)
    assert TWO in {each.netns for each in judgement.path}


def test_a_tunnel_carries_the_packet() -> None:
    judgement = agreed(network(), THROUGH)
    assert judgement.verdict == "delivered"
    links = [(each.netns.host, each.link, each.out) for each in judgement.path[:4]]
    assert links == [("one", "flannel.1", True), ("one", "eth0", True), ("two", "eth0", False),
                     ("two", "flannel.1", False)]  # fmt: skip


def test_the_rule_that_takes_an_outer_packet_is_on_the_other_host() -> None:
    judgement = agreed(network(node("one"), node("two", rules=CLOSED.format("udp", 8472))), THROUGH)
    assert judgement.verdict == "dropped"
    assert judgement.place is not None
    assert (judgement.place.netns, [hit.chain for hit in judgement.place.rules]) == (TWO, ["INPUT"])


UNJOINED = {
    "another VNI": node("two", tunnel=vxlan("two", key=2)),
    "another port": node("two", tunnel=vxlan("two", port=4789)),
}


@pytest.mark.parametrize("far", UNJOINED.values(), ids=UNJOINED)
def test_tunnel_ends_that_differ_do_not_meet(far: Host) -> None:
    assert agreed(network(node("one"), far), THROUGH).verdict == "dropped"


def test_a_far_end_that_was_not_read_takes_no_frame_of_a_device_that_was() -> None:
    net = network(node("one", remote=parse_address("198.51.100.99")[1]), node("two"))
    assert agreed(net, THROUGH).verdict == "dropped"


def test_a_tunnel_that_this_kernel_does_not_make_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(kinds: frozenset[str]) -> frozenset[str]:
        return kinds - {"vxlan"}

    monkeypatch.setattr(worker, "makeable", without)
    said = "this kernel cannot make flannel.1 in host@{}, a vxlan; the test copy (replica) has a plain veth instead"
    assert told(judge(network(), THROUGH)) == (said.format("one"), said.format("two"))


if __name__ == "__main__":
    for every in expected():
        for miss in misses(every):
            print(miss)
