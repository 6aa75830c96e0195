"""Which parts of a host cannot be compared, since one of both sides did not tell them: what is then there on one side
only is no difference."""

from collections.abc import Iterable

from hairpin.compare.listed_difference import ListedDifference, PartOfHost
from hairpin.evidence.reading import HOST
from hairpin.host.host import Host, Unread

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
