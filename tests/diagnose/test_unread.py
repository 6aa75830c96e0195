"""Whether a walk came to a container that was left unread."""

import msgspec
import pytest

from hairpin.diagnose.unread import may_enter_unread
from hairpin.host.host import Namespace
from hairpin.network.flow import FromHost, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import asked
from tests.replica.plan.test_plan import host as with_two_left
from tests.small_host import (
    CLIENT,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
    route,
)


def left(*, is_left: bool) -> Network:
    """Return the small host without its container's namespace, which the kernel knows by the id of its veth's peer."""
    one = msgspec.structs.replace(container(), netns=None, left_unread="container:web" if is_left else None)
    own: Namespace = host_namespace()
    links = tuple(msgspec.structs.replace(each, peer_netnsid=0) if each.kind == "veth" else each for each in own.links)
    own = msgspec.structs.replace(own, links=links, netnsids=((0, "container:web"),))
    whole = network(own, docker=engine(one))
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(own,)))


def test_a_packet_for_a_container_that_was_left_unread() -> None:
    host = left(is_left=True)
    assert may_enter_unread(host, walk_flow(host, published()))


def test_a_container_that_nobody_could_read_was_not_left() -> None:
    host = left(is_left=False)
    assert not may_enter_unread(host, walk_flow(host, published()))


def test_a_host_that_was_read_whole() -> None:
    assert not may_enter_unread(network(), walk_flow(network(), published()))


@pytest.mark.parametrize("start", (Outside(CLIENT), FromHost()))
def test_a_container_on_the_same_bridge_that_no_packet_goes_to(start: Start) -> None:
    """The host's own connection ends with an answer that comes by the bridge: from a container that was read."""
    host, _ = with_two_left()
    flow = asked(start, "198.51.100.11", 8151)
    assert walk_flow(host, flow).verdict == "delivered"
    assert not may_enter_unread(host, walk_flow(host, flow))
    nobody = asked(FromHost(), "172.17.0.9", 80)
    assert may_enter_unread(host, walk_flow(host, nobody))


def test_a_container_whose_next_hop_is_another_one() -> None:
    """Its way out is by the address of a container that was left unread: the engine knows whose it is."""
    router = msgspec.structs.replace(container().endpoints[0], ipv4=parse_address("172.17.0.9")[1])
    box = msgspec.structs.replace(container(), id="c0", name="c0", netns=None, left_unread="container:c0",
                                  endpoints=(router,))  # fmt: skip
    inner = container_namespace()
    routes = (*(each for each in inner.routes if each.prefix_length), route("0.0.0.0/0", "eth0", via="172.17.0.9"))
    inner = msgspec.structs.replace(inner, routes=routes)
    led = network(inner=inner, docker=engine(container(), box))
    out = walk_flow(led, egress())
    assert out.usual.stop is not None
    assert (out.usual.stop.reason, may_enter_unread(led, out)) == ("no-neighbour", True)
    nobody = network(inner=inner)
    assert not may_enter_unread(nobody, walk_flow(nobody, egress()))
