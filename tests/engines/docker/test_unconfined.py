"""A network without its option --internal: no borders, its ports open, and a way out of its container."""

from hairpin.change.change import AddEntry, DeleteRule, InsertRule
from hairpin.engines.docker.unconfined import without_internal
from hairpin.host.docker import PortBinding
from hairpin.host.route import Route
from hairpin.network.network import Network
from tests.causes.hosts import on_hidden

PORT = PortBinding("tcp", 80, 80, None, 4)
BORDERS = ["! -d 172.17.0.0/16 -i docker0 -j DROP", "! -s 172.17.0.0/16 -o docker0 -j DROP"]


def parts_of(whole: Network, binding: PortBinding | None = PORT) -> tuple[object, ...]:
    (one,) = whole.this.containers()
    (joined,) = whole.this.engines[0].networks
    return without_internal(whole.this, one, one.endpoints[0], joined, binding).parts


def opened(parts: tuple[object, ...]) -> list[str]:
    return [each.chain for each in parts if isinstance(each, InsertRule)]


def test_the_borders_go_the_last_of_a_chain_first() -> None:
    for version in ("20.10.24", "29.0.0"):
        deleted = [each.place for each in parts_of(on_hidden(version)) if isinstance(each, DeleteRule)]
        assert sorted(each.text.split(maxsplit=2)[2] for each in deleted) == BORDERS
        assert [each.number for each in deleted] == [2, 1]


def test_the_port_is_opened_in_the_engines_chain_and_nothing_is_translated() -> None:
    parts = parts_of(on_hidden())
    assert set(opened(parts)) == {"FORWARD", "DOCKER"}
    assert {each.table for each in parts if isinstance(each, InsertRule)} == {"filter"}
    assert set(opened(parts_of(on_hidden(), None))) == {"FORWARD"}


def test_a_container_without_a_default_route_gets_one() -> None:
    assert not [each for each in parts_of(on_hidden()) if isinstance(each, AddEntry)]
    (added,) = [each.entry for each in parts_of(on_hidden(default=False)) if isinstance(each, AddEntry)]
    assert isinstance(added, Route)
    assert (added.prefix_length, added.next_hops[0].link) == (0, "eth0")
