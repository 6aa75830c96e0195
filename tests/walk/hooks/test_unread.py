"""Conditions for rules that were not read."""

import msgspec
import pytest

from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Chain, Table
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.hooks.unread import binding_condition, unread_rules
from tests.small_host import host_namespace

UNREAD: dict[str, tuple[tuple[str, ...], Version, bool]] = {
    "all read": ((), 4, False),
    "rules of the packet's family": (("iptables-nft-save4",), 4, True),
    "rules of the other family": (("iptables-nft-save4",), 6, False),
    "a table of nft's": (("nft-table",), 6, True),
    "something else": (("conntrack",), 4, False),
}


@pytest.mark.parametrize(("keys", "version", "open_"), UNREAD.values(), ids=UNREAD)
def test_unread_rules(keys: tuple[str, ...], version: Version, open_: bool) -> None:
    one = Host("one", namespaces=(msgspec.structs.replace(host_namespace(), unread=keys),))
    found = unread_rules(Network((one,)), one.netns, version)
    assert (found is not None) is open_
    assert found is None or found.holds


def test_the_host_is_named_among_several() -> None:
    hosts = [
        Host(name, namespaces=(msgspec.structs.replace(host_namespace(), unread=("nft-table",)),))
        for name in ("one", "two")
    ]
    alone, both = (unread_rules(Network(each), Netns("two"), 4) for each in ((hosts[1],), tuple(hosts)))
    assert alone is not None
    assert both is not None
    assert str(alone.said).startswith("the firewall rules of host, which could not be read,")
    assert str(both.said).startswith("the firewall rules of two, which could not be read,")


def test_bound() -> None:
    supposed = binding_condition(Table("netdev", "t", "nft", ()), Chain("c", ()), "eth0")
    assert str(supposed.said) == "chain c of table netdev t is bound to eth0"
    assert supposed.holds
