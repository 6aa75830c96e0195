"""Containers that share another container's network: which ports are theirs, and what is asked about them."""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.flow import FromContainer
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from tests.causes.hosts import with_host
from tests.rows import each_row
from tests.small_host import container, container_namespace, engine, lo, network

SIDE = msgspec.structs.replace(
    container(), id="d" * 64, name="side", bindings=(), endpoints=(), netns="container:web",
    network_mode=f"container:{container().id}",
)  # fmt: skip
STOPPED = msgspec.structs.replace(SIDE, status="exited", netns=None, exit_code=137)
GONE = msgspec.structs.replace(SIDE, network_mode=f"container:{'f' * 64}")


def shared(side: Container, *sockets: tuple[int, Container], left: bool = False) -> Network:
    """Return the host on which ``web`` publishes its port 80 and ``side`` uses its network.  ``sockets``: the ports on
    which containers listen; ``left``: whether ``side`` is still in the namespace that ``web`` had before a restart."""
    held = tuple(Socket("tcp", 4, None, port, process="httpd", pid=port, container=each.id) for port, each in sockets)
    if not left:
        return network(inner=container_namespace(held), docker=engine(container(), side))
    kept = tuple(each for each in held if each.container != side.id)
    whole = network(inner=container_namespace(kept), docker=engine(container(), side))
    own = tuple(each for each in held if each.container == side.id)
    old = Namespace(side.netns or "", (lo(),), (Address("lo", 4, 0x7F000001, 8, "host"),), sockets=own)
    return with_host(whole, namespaces=(*whole.this.namespaces, old))


def moved(side: Container) -> Container:
    """Return the container in a namespace of its own."""
    return msgspec.structs.replace(side, netns="container:side")


WEB_SERVES = (80, container())
# the network; the flows that `hairpin side` asks: their purposes; the causes of those that fail
ASKED: dict[str, tuple[Network, set[str], set[str]]] = {
    "the published port is its own": (shared(SIDE, (80, SIDE)), {"published", "egress"}, set()),
    "nobody listens on the published port": (shared(SIDE), {"published", "egress"}, {"service-not-listening"}),
    "the published port is the owner's": (shared(SIDE, WEB_SERVES, (8080, SIDE)), {"egress"}, set()),
    "it has ended": (shared(STOPPED, WEB_SERVES), {"egress"}, {"container-not-running"}),
    "it is in the namespace that the owner left": (
        shared(moved(SIDE), WEB_SERVES, left=True), {"egress"}, {"shared-namespace-left"},
    ),
    "it holds the published port in the namespace that the owner left": (
        shared(moved(SIDE), (80, SIDE), left=True), {"published", "egress"}, {"shared-namespace-left"},
    ),
    "its owner was recreated": (
        shared(moved(GONE), WEB_SERVES, left=True), {"egress"}, {"shared-namespace-left"},
    ),
}  # fmt: skip


@each_row(("built", "purposes", "causes"), ASKED.values(), ids=ASKED)
def test_a_sharer_is_asked_about_what_is_its_own(built: Network, purposes: set[str], causes: set[str]) -> None:
    flows = flows_for(built, (Target(container="side"),), None)
    assert {each.purpose for each in flows} == purposes
    assert {one.cause for each in flows for one in diagnose(built, each).causes} == causes


def senders(built: Network) -> set[str]:
    """Return the containers whose ways out the plain question asks."""
    flows = (each for each in flows_for(built, (), None) if each.purpose == "egress")
    return {each.start.name for each in flows if isinstance(each.start, FromContainer)}


def test_the_plain_question_asks_the_way_out_of_each_container_that_runs() -> None:
    assert senders(shared(SIDE, WEB_SERVES)) == {"web", "side"}
    assert senders(shared(STOPPED, WEB_SERVES)) == {"web"}
    assert senders(shared(moved(SIDE), WEB_SERVES, left=True)) == {"web", "side"}


def test_a_sharer_whose_owner_has_ended_is_explained_by_the_owner() -> None:
    whole = shared(moved(SIDE), (8080, SIDE), left=True)
    ended = msgspec.structs.replace(container("exited"), exit_code=0, netns=None)
    built = with_host(
        whole,
        namespaces=tuple(each for each in whole.this.namespaces if each.name != "container:web"),
        engines=(engine(ended, moved(SIDE)),),
    )
    (outward,) = (each for each in flows_for(built, (), None) if each.purpose == "egress")
    found = diagnose(built, outward)
    assert outward.start == FromContainer("side", Netns("test", "container:side"))
    assert [each.cause for each in found.causes] == ["container-not-running"]


def test_an_unpublished_port_in_the_left_namespace_is_the_sharers_and_no_docker_proxy_holds_it() -> None:
    """The docker-proxy that a simulated publishing adds belongs to no container yet, and is none that was left over."""
    built = shared(moved(SIDE), WEB_SERVES, (8080, SIDE), left=True)
    for flow in flows_for(built, (Target(8080),), None):
        found = {each.cause: str(each.candidate.title) for each in diagnose(built, flow).causes}
        assert set(found) == {"port-not-published", "shared-namespace-left"}
        assert found["port-not-published"] == "Port 8080 of side is not published"
