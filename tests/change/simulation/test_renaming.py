"""A link keeps what is on it under another name."""

import pytest

from hairpin.change.change import RenameLink
from hairpin.change.simulation.renaming import with_name
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.sysctl import Sysctls
from tests.small_host import HOST_NETNS

CONF, DEFAULT = ("net", "ipv4", "conf", "old", "rp_filter"), ("net", "ipv4", "conf", "default", "rp_filter")
BEFORE = Namespace(
    "host",
    links=(Link(1, "old", "bridge"), Link(2, "port", master="old")),
    addresses=(Address("old", 4, 7, 24),),
    routes=(Route(4, 0, 24, next_hops=(NextHop("old"),)),),
    rules=(PolicyRule(4, 9, iif="old", table=7),),
    neighbours=(Neighbour("old", 4, 8, 8, "STALE"),),
    fdb=(FdbEntry("old", "port", 8),),
    sysctls=Sysctls({CONF: "1", DEFAULT: "0"}),
)


def test_what_the_kernel_keeps_by_the_link_follows_it_and_rules_keep_their_words() -> None:
    after = with_name(BEFORE, RenameLink(HOST_NETNS, "old", "new"))
    assert [(each.name, each.master) for each in after.links] == [("new", None), ("port", "new")]
    assert (after.addresses[0].link, after.neighbours[0].link, after.fdb[0].bridge) == ("new", "new", "new")
    assert after.routes[0].next_hops == (NextHop("new"),)
    assert after.sysctls.values == {("net", "ipv4", "conf", "new", "rp_filter"): "1", DEFAULT: "0"}
    assert after.rules == BEFORE.rules
    assert with_name(after, RenameLink(HOST_NETNS, "new", "old")) == BEFORE


@pytest.mark.parametrize(("link", "name"), (("gone", "new"), ("old", "port")))
def test_only_a_link_that_is_there_takes_a_free_name(link: str, name: str) -> None:
    with pytest.raises(ChangeError):
        with_name(BEFORE, RenameLink(HOST_NETNS, link, name))
