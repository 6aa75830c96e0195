"""One difference between two networks, as the report lists it.  A part that was not read on one of the hosts is not
compared and yields no difference.
"""

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from hairpin.compare.edit import Edit
from hairpin.evidence.reading import HOST
from hairpin.host.host import Host, Unread
from hairpin.host.netns import Netns
from hairpin.message import Message
from hairpin.story.blame import Blame

PartOfHost = Literal[
    "host", "engines", "containers", "networks", "links", "addresses", "routes", "policy-rules", "neighbours",
    "forwarding", "sysctls", "rules", "sets", "sockets", "managers", "units", "files", "versions", "learned",
]  # fmt: skip
"""The parts of a host."""
PARTS: tuple[PartOfHost, ...] = get_args(PartOfHost)
"""The parts, in the order in which the report lists their differences."""

Text = Message | str
"""A message, or untranslated words, such as a rule or the words of a command."""
_LINKS = ("ip-addr",)
_AT_LINKS: tuple[PartOfHost, ...] = ("links", "addresses", "routes", "neighbours", "forwarding")
_ENGINES = ("docker-", "dockerd-", "daemon-json", "podman-", "packages")
_CONTAINERS = ("docker-", "podman-", "namespaces")
_TOLD_BY: dict[PartOfHost, tuple[str, ...]] = {
    "engines": _ENGINES,
    "containers": _CONTAINERS,
    "networks": _CONTAINERS,
    "links": (*_LINKS, "bridge-", "tc-", "wireguard"),
    "addresses": _LINKS,
    "routes": (*_LINKS, "ip-route", "ip-nexthop"),
    "policy-rules": ("ip-rule",),
    "neighbours": (*_LINKS, "ip-neigh"),
    "forwarding": (*_LINKS, "bridge-fdb"),
    "sysctls": (*_LINKS, "sysctl"),
    "rules": ("iptables-nft-save", "iptables-legacy-save", "nft-table", "nft-netdev-chains", "ebtables"),
    "sets": ("ipset",),
    "sockets": ("sockets", "proc-net-", "socket-owners", "halted-", "frozen-", *_CONTAINERS),
    "versions": ("versions", "packages"),
}
"""The prefixes of the keys of the readings that contain each part.  For a part that is not listed here, the code that
compares the part checks itself whether its readings exist."""


class ListedDifference(msgspec.Struct, frozen=True):
    """One difference.

    ``ref``: the difference's name (``d1``).  ``where``: the thing that differs.  ``before`` and ``after``: the thing's
    earlier and later state.  ``before`` is None if the thing did not exist, and ``after`` is None if it does not exist
    now.  ``listed``: False for a thing that often changes by itself, such as an entry that the kernel learned.  Such a
    difference is listed only if it decides a flow.  ``fields``: the fields of the namespace or the host from which a
    walk reads the thing.  The search of deciding differences uses these fields.  ``blame``: who made the difference,
    and when, if the later host's traces prove it."""

    part: PartOfHost
    netns: Netns
    where: Text
    before: Text | None
    after: Text | None
    edit: Edit
    ref: str = ""
    listed: bool = True
    fields: tuple[str, ...] = ()
    blame: Blame | None = None


def comparable(found: Iterable[ListedDifference], was: Host, now: Host) -> list[ListedDifference]:
    """Return the differences of parts that were read on both hosts."""
    unread = (*was.unread, *now.unread)
    return [each for each in found if not any(_tells(one, each) for one in unread)]


def _tells(unread: Unread, found: ListedDifference) -> bool:
    if not unread.key.startswith(_TOLD_BY.get(found.part, ())):
        return False
    if unread.netns in ("", found.netns.name):
        return True
    # A veth's two ends appear and disappear together, so the host's links also show the containers' links.
    beyond = ("engines", "containers", *(_AT_LINKS if unread.key.startswith(_LINKS) else ()))
    return found.part in beyond and unread.netns == HOST
