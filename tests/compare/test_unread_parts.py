"""Parts that one side did not tell are not compared."""

import msgspec
import pytest

from hairpin.compare.edit import NotWalked
from hairpin.compare.listed_difference import ListedDifference, PartOfHost
from hairpin.compare.unread_parts import comparable
from hairpin.host.host import Host, Unread
from hairpin.host.netns import Netns

HOST = Host("web1")
CASES: dict[str, tuple[str, str, PartOfHost, str, bool]] = {
    "rules of the host": ("iptables-nft-save4", "host", "rules", "host", False),
    "rules of another namespace": ("iptables-nft-save4", "container:db", "rules", "host", True),
    "another part": ("iptables-nft-save4", "host", "routes", "host", True),
    "routes go with their links": ("ip-addr", "host", "routes", "host", False),
    "containers": ("docker-containers", "", "containers", "host", False),
    "whose sockets they are": ("socket-owners", "", "sockets", "container:db", False),
    "versions": ("packages", "", "versions", "host", False),
    "what decides nothing": ("klog", "", "versions", "host", True),
}


@pytest.mark.parametrize(("key", "netns", "part", "where", "told"), CASES.values(), ids=CASES)
def test_comparable(key: str, netns: str, part: PartOfHost, where: str, *, told: bool) -> None:
    found = ListedDifference(part, Netns("web1", where), "x", "before", None, NotWalked())
    other = msgspec.structs.replace(HOST, unread=(Unread(key, netns, key, "Permission denied", "e1"),))
    for was, now in ((HOST, other), (other, HOST)):
        assert comparable((found,), was, now) == ([found] if told else [])
    assert comparable((found,), HOST, HOST) == [found]
