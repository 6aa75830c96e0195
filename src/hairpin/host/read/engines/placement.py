"""The network namespaces and name servers of containers, which the collector found without their engines.

Lines of the reading of namespaces: ``container:NAME<TAB>inode<TAB>process<TAB>container id``, first the host's own.
Containers may share a namespace, or be in the host's.  The readings of a shared namespace have the first name with that
inode.  Lines of the reading of name servers: a container's id if its resolv.conf was read, then ``id<TAB>address`` for
each name server.
"""

from typing import NamedTuple

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.host.docker import Container

_UNKNOWN = "-"


class Place(NamedTuple):
    """A namespace: the name in its readings, its inode, and the container's id (``-`` for the host)."""

    netns: str
    inode: str
    container: str


def places(texts: tuple[str, ...]) -> tuple[Place, ...]:
    """Return the places of the host and its containers, without containers whose namespace is unknown."""
    found: list[Place] = []
    first: dict[str, str] = {}
    for line in (line for text in texts for line in text.split("\n")):
        fields = line.split("\t")
        if len(fields) < 4 or fields[1] == _UNKNOWN:
            continue
        netns, inode, _, container = fields[:4]
        found.append(Place(first.setdefault(inode, netns), inode, container))
    return tuple(found)


def left_unread(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the names of containers' namespaces that the collector did not enter, because the question did not need
    them."""
    return frozenset(f"container:{name}" for text in texts for name in text.split())


def placed(
    containers: tuple[Container, ...], known: tuple[Place, ...], readable: frozenset[str], left: frozenset[str]
) -> tuple[Container, ...]:
    """Return the containers; each running one has its namespace if a reading of that namespace has a text.

    ``left``: names of the namespaces that were left unread on purpose."""
    by_id = {place.container: place.netns for place in known}
    names = (_netns(container, containers, by_id) for container in containers)
    return tuple(
        msgspec.structs.replace(
            container, netns=name if name in readable else None, left_unread=name if name in left else None
        )
        for container, name in zip(containers, names, strict=True)
    )


def _netns(container: Container, others: tuple[Container, ...], by_id: dict[str, str]) -> str | None:
    if not container.running:
        return None
    return by_id.get(container.id) or _by_mode(container, others)


def _by_mode(container: Container, others: tuple[Container, ...]) -> str:
    """Return the namespace by the network mode.  The owner has its own namespace: a container cannot pass on
    another's."""
    mode, _, owner = container.network_mode.partition(":")
    if mode == "host":
        return HOST
    if mode == "container":
        for other in others:
            if other.id.startswith(owner) or other.name == owner:
                return f"container:{other.name}"
    return f"container:{container.name}"


def netnsids(text: str, known: tuple[Place, ...]) -> tuple[tuple[int, str], ...]:
    """Return netnsid, as the host sees it, and name of each namespace in ``lsns -t net -r -n -o NS,NETNSID,PID``."""
    names = {place.inode: place.netns for place in known}
    found: list[tuple[int, str]] = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 2 and words[1].isdigit() and words[0] in names:
            found.append((int(words[1]), names[words[0]]))
    return tuple(found)


def with_resolvers(containers: tuple[Container, ...], texts: tuple[str, ...]) -> tuple[Container, ...]:
    """Return the containers, each with the name servers of its resolv.conf if that was read."""
    found: dict[str, list[str]] = {}
    for line in (line for text in texts for line in text.split("\n") if line):
        container, _, address = line.partition("\t")
        found.setdefault(container, []).extend([address] if address else [])
    return tuple(
        msgspec.structs.replace(each, resolvers=tuple(found[each.id])) if each.id in found else each
        for each in containers
    )
