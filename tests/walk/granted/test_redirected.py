"""A router that an ICMP redirect named is a question of the packets that go there."""

import msgspec

from hairpin.host.route import Redirect
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, host_namespace, network, published

OTHER, ROUTER = (parse_address(each)[1] for each in ("198.51.100.20", "198.51.100.1"))

CASES: dict[str, tuple[tuple[Redirect, ...], bool]] = {
    "none": ((), False),
    "to another router": ((Redirect(4, CLIENT, OTHER, "eth0"),), True),
    "to the route's own router": ((Redirect(4, CLIENT, ROUTER, "eth0"),), False),
    "by another link": ((Redirect(4, CLIENT, OTHER, "eth1"),), False),
    "of another destination": ((Redirect(4, CLIENT + 1, OTHER, "eth0"),), False),
}


@each_row(("redirects", "asks"), CASES.values(), ids=CASES)
def test_a_redirect_is_asked_about_where_it_decides(redirects: tuple[Redirect, ...], asks: bool) -> None:
    trace = walk_flow(network(msgspec.structs.replace(host_namespace(), redirects=redirects)), published())
    assert trace.verdict == "delivered"
    texts = [str(each.text) for each in trace.questions]
    assert any("198.51.100.20 forward packets to 192.0.2.10" in each for each in texts) is asks
