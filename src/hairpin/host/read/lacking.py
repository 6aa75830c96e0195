"""Readings that every collector makes, whatever the host is, and that an evidence does not have: each leaves its
question open, as one that was refused does."""

from collections.abc import Iterator

from hairpin.evidence.reading import Evidence, is_trace
from hairpin.host.host import Unread
from hairpin.message import message

Either = tuple[str, ...]
_OF_NAMESPACE: tuple[Either, ...] = (
    ("ip-addr", "ip-addr-text"),
    ("ip-route4", "ip-route4-text"),
    ("ip-route6", "ip-route6-text"),
    ("ip-rule4", "ip-rule4-text"),
    ("ip-rule6", "ip-rule6-text"),
    ("sysctl",),
    ("sockets", "proc-net-tcp"),
    ("nft-tables",),
    ("iptables-nft-save4",),
    ("iptables-nft-save6",),
    ("iptables-legacy-save4",),
    ("iptables-legacy-save6",),
)
"""Of each network namespace.  The first key of each is the one that is said to be missing."""
_OF_ENGINE: dict[str, tuple[str, ...]] = {
    "docker-info": ("docker-containers", "docker-networks"),
    "podman-info": ("podman-containers",),
}
"""What an engine that tells of itself is asked besides."""
_OF_HOST = ("docker-socket", "podman-version")
_SIGNS = frozenset((*_OF_HOST, "firewalld-state", "ufw-conf", "boot-scripts", "os-release"))
"""Every collector makes these, too.  An evidence with fewer than two of them was written by hand, or pasted: what is
not in it was left out on purpose."""


def lacking(evidence: Evidence) -> Iterator[Unread]:
    """Yield the readings that are not there, namespace by namespace, then those of engines."""
    keys: dict[str, set[str]] = {}
    texts: set[str] = set()
    for each in evidence.readings:
        if is_trace(each.key):
            continue
        keys.setdefault(each.netns, set()).add(each.key)
        if each.outcome == "text":
            texts.add(each.key)
    whole = keys.get("", set())
    if len(whole & _SIGNS) < 2:
        return
    for netns in filter(None, keys):
        yield from _of_namespace(netns, keys[netns])
    asked = (key for told, those in _OF_ENGINE.items() if told in texts for key in those)
    yield from (_lacking(key, "") for key in (*_OF_HOST, *asked) if key not in whole)


def _of_namespace(netns: str, there: set[str]) -> Iterator[Unread]:
    if there == {"ip-addr"}:  # the namespace could not be entered, which this one reading says
        return
    for each in _OF_NAMESPACE:
        if there.isdisjoint(each):
            yield _lacking(each[0], netns)


def _lacking(key: str, netns: str) -> Unread:
    return Unread(key, netns, key, message("this snapshot has no such reading: take a new one"), "")
