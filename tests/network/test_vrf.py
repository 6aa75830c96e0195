from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.network.vrf import loops_back, vrf_of
from tests.rows import each_row

LINKS = (
    Link(1, "lo", "loopback"),
    Link(2, "red", "vrf", vrf_table=9),
    Link(3, "eth1", master="red"),
    Link(4, "bond0", "bond", master="red"),
    Link(5, "eth2", master="bond0"),
    Link(6, "br0", "bridge"),
    Link(7, "eth3", master="br0"),
)


@each_row(
    ("link", "expected"),
    (("red", "red"), ("eth1", "red"), ("eth2", "red"), ("eth3", None), ("lo", None), ("eth9", None), ("", None)),
)
def test_the_vrf_of_a_link(link: str, expected: str | None) -> None:
    found = vrf_of(Namespace("host", links=LINKS), link)
    assert (found.name if found is not None else None) == expected


def test_links_that_loop_back() -> None:
    assert [link.name for link in LINKS if loops_back(link)] == ["lo", "red"]
