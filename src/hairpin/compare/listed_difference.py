"""One difference between two networks, as it is listed.

A part of a host that one of both sides did not tell cannot be compared: what is there on one side only is none.
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
"""In the order in which their differences are listed."""

Text = Message | str
"""A sentence, or words that nobody translates: a rule, a command's words."""
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
"""The beginnings of the keys that tell a part.  Parts that are not here look at single readings themselves."""


class ListedDifference(msgspec.Struct, frozen=True):
    """One difference.

    ``ref`` names it (``d1``).  ``where``: what is different; ``before`` and ``after``: how it was and is (None: it was
    or is not there).  ``listed`` False: the kernel learned it by itself, which is told only where it decides a flow.
    ``fields``: the fields of the namespace or the host that a walk reads of it, for the search of what decides.
    ``blame``: since when it is so and through whom, where the later host's traces prove it."""

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
    """Return the differences of parts that both hosts told."""
    unread = (*was.unread, *now.unread)
    return [each for each in found if not any(_tells(one, each) for one in unread)]


def _tells(unread: Unread, found: ListedDifference) -> bool:
    if not unread.key.startswith(_TOLD_BY.get(found.part, ())):
        return False
    if unread.netns in ("", found.netns.name):
        return True
    # A veth's two ends come and go together, so that the host's links tell those of containers.
    beyond = ("engines", "containers", *(_AT_LINKS if unread.key.startswith(_LINKS) else ()))
    return found.part in beyond and unread.netns == HOST
