"""With ``mcast_solicit`` 0 the kernel asks for no neighbour."""

import msgspec

from hairpin.host.route import Neighbour
from hairpin.network.network import Network
from hairpin.walk.link.solicitation import asked_for
from hairpin.walk.state import End, State
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import HOST_NETNS, WEB, host_namespace, network, published


def asking(*neighbours: Neighbour, **values: str) -> Network:
    """Return the host with these sysctls of docker0's neighbours, and these entries."""
    own = {f"neigh__docker0__{key}": value for key, value in values.items()}
    return network(msgspec.structs.replace(host_namespace(values=own), neighbours=neighbours))


def of_web(state: str) -> Neighbour:
    return Neighbour("docker0", 4, WEB, 5, state)


OTHER = Neighbour("docker0", 4, WEB + 9, 5, "REACHABLE")

VERDICTS: dict[str, tuple[Network, str]] = {
    "not read": (asking(), "delivered"),
    "the usual value": (asking(mcast_solicit="3"), "delivered"),
    "none": (asking(mcast_solicit="0"), "dropped"),
    "none, and the neighbour did not answer": (asking(of_web("FAILED"), mcast_solicit="0"), "dropped"),
    "none, and the neighbour is known": (asking(of_web("STALE"), mcast_solicit="0"), "delivered"),
    "a program is asked, and nobody is known": (asking(mcast_solicit="0", app_solicit="3"), "dropped"),
    "a program is asked, and another neighbour is known": (
        asking(OTHER, mcast_solicit="0", app_solicit="3"), "depends",
    ),
    "no program is asked, and another neighbour is known": (asking(OTHER, mcast_solicit="0"), "dropped"),
}  # fmt: skip


@each_row(("host", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_the_kernel_asks_only_if_it_may(host: Network, verdict: str) -> None:
    assert walk_flow(host, published()).verdict == verdict


def test_a_neighbour_that_this_walk_has_learned_needs_no_request() -> None:
    host = asking(mcast_solicit="0").namespace(HOST_NETNS)
    link = host.link("docker0")
    assert link is not None
    state = State("neighbour", HOST_NETNS, published().packet(1), oif="docker0")
    known = state.with_history(neighbours=((HOST_NETNS, "docker0", WEB),))
    assert [isinstance(each, End) for each in asked_for(host, state, link, WEB)] == [True]
    assert list(asked_for(host, known, link, WEB)) == [known]
