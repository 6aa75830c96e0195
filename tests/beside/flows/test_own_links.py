"""A host is no client of an address on a macvlan or ipvlan of its own link, except if the user asks from the host."""

import pytest

from hairpin.beside.flows.own_links import of_unreached
from hairpin.network.flow import FromHost, Lan
from hairpin.network.network import Network
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, network

TO_CHILD, TO_HOST = (Target(81, address=each, version=4) for each in (CHILD, HOST_ADDRESS))


def _told(whole: Network, target: Target, origin: Origin | None = None) -> tuple[bool, list[str]]:
    """Return whether the host is a client, and the notes."""
    clients = [each.start for each in flows_for(whole, (target,), origin)]
    return any(isinstance(each, FromHost) for each in clients), [
        str(each) for each in of_unreached(whole, (target,), origin)
    ]


@pytest.mark.parametrize("built", (on_macvlan(), on_ipvlan()))
def test_the_host_is_no_client_and_a_note_says_so(built: Network) -> None:
    asked, notes = _told(built, TO_CHILD)
    assert not asked
    (note,) = notes
    assert note.startswith("The host itself does not reach 198.51.100.192: the kernel delivers no packet between eth0")
    assert note.endswith("`--from host` asks about this flow")


@each_row(
    ("built", "target", "origin"),
    (
        (on_macvlan(), TO_CHILD, Origin("host")),
        (on_macvlan(shim=True), TO_CHILD, None),
        (on_ipvlan(joined=True), TO_CHILD, None),
        (on_ipvlan("l3"), TO_CHILD, None),
        (on_macvlan(), TO_HOST, None),
    ),
    ids=("asked from the host", "a macvlan of the host's own", "an ipvlan of the host's own", "mode l3", "another"),
)
def test_the_host_is_a_client(built: Network, target: Target, origin: Origin | None) -> None:
    assert _told(built, target, origin) == (True, [])


@pytest.mark.parametrize(
    ("built", "start"),
    ((on_macvlan(), Lan), (without_web(on_macvlan()), Lan), (on_macvlan(shim=True), FromHost), (network(), FromHost)),
    ids=("a macvlan", "a stopped container on a macvlan", "a macvlan of the host's own", "a bridge"),
)
def test_a_machine_of_the_lan_asks_a_container_that_the_host_does_not_reach(built: Network, start: type) -> None:
    (flow,) = flows_for(built, (Target(container="web", port=81),), None)
    assert isinstance(flow.start, start)
