"""The map of a host: its networks, containers and ports, and the numbers of the parts that a flow comes by."""

from xml.etree.ElementTree import Element

from hairpin.report.page.host_map import MapMarks, host_map
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, answer


def _map(*replacements: tuple[str, str], marked: bool = True) -> Element:
    found = answer(*replacements)
    return host_map(
        found.network, found.network.this, MapMarks(found.network, found.flows[0] if marked else None), Words()
    )


def _marks(made: Element) -> dict[str, str]:
    """Return the mark of each part, by the text behind it."""
    found: dict[str, str] = {}
    for part in made.iter():
        mark = next((each for each in part if each.get("class") == "mark"), None)
        if mark is not None:
            found["".join(part.itertext()).removeprefix(mark.text or "").strip().split()[0]] = mark.text or ""
    return found


def test_every_container_stands_in_its_network_with_its_ports() -> None:
    text = "".join(_map(marked=False).itertext())
    host = answer().network.this
    for container in host.containers():
        assert container.name in text
        assert all(f"{each.host_port} → {each.container_port}/" in text for each in container.bindings if each.actual)


def test_the_parts_are_numbered_in_the_order_of_the_packet() -> None:
    marks = _marks(_map())
    numbers = [int(each) for each in marks.values()]
    assert sorted(numbers) == [*range(1, len(numbers) + 1)]
    assert len(numbers) == 3  # the link to the outside, the bridge, the container
    assert marks["eth0"] == "1"


def test_the_part_where_the_packet_ends_is_marked_as_such() -> None:
    assert _marks(_map(FORWARDING_OFF)) == {"eth0": "✗ 1"}


def test_without_a_flow_nothing_is_marked() -> None:
    assert _marks(_map(marked=False)) == {}
