"""The network namespaces and name servers of containers, which the collector found without asking the engines.

Lines of the reading of namespaces: ``container:NAME<TAB>inode<TAB>process<TAB>container id``.  The first line is for
the host's own namespace.  Containers may share a namespace, or be in the host's own namespace.  The readings of a
shared namespace have the name of the first line with the namespace's inode.  Lines of the reading of name servers: a
container's id if its resolv.conf was read, then a line ``id<TAB>address`` for each name server in it, and a line
``id<TAB>copy<TAB>time`` if the file is the one that the engine has written.  Lines of the reading of /etc/hosts: the
same, with ``id<TAB>address<TAB>name`` for each entry.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.host.docker import Container, PinnedName
from hairpin.host.netns import NAMED
from hairpin.netfilter.address import parse_address

_UNKNOWN = "-"
_COPY, _SERVERS, _CHANGED = "copy\t", "servers\t", "changed\t"


class Place(NamedTuple):
    """The namespace of a container or of the host.  ``netns``: the name in the namespace's readings.  ``container``:
    the container's id, or ``-`` for the host."""

    netns: str
    inode: str
    container: str


def places(texts: tuple[str, ...]) -> tuple[Place, ...]:
    """Return the places of the host, its containers, and the namespaces with a name, except containers whose namespace
    is unknown.  The namespace of a container may have a name, too: its place is the container's."""
    found: list[Place] = []
    first: dict[str, str] = {}
    lines = [line.split("\t") for text in texts for line in text.split("\n")]
    for fields in sorted(lines, key=lambda each: each[0].startswith(NAMED)):
        if len(fields) < 4 or fields[1] == _UNKNOWN:
            continue
        netns, inode, _, container = fields[:4]
        found.append(Place(first.setdefault(inode, netns), inode, container))
    return tuple(found)


def second_names(texts: tuple[str, ...], known: tuple[Place, ...]) -> frozenset[str]:
    """Return the namespaces with a name that are the host's own or a container's, or that have a further name.  Source:
    ``ip netns attach NAME PID``, or a link to ``/proc/PID/ns/net`` in ``/run/netns``"""
    named = (line.split("\t")[0] for text in texts for line in text.split("\n") if line.startswith(NAMED))
    return frozenset(named) - {place.netns for place in known}


def left_unread(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the names of containers' namespaces that the question did not need and the collector did not enter."""
    return frozenset(f"container:{name}" for text in texts for name in text.split())


def placed(
    containers: tuple[Container, ...], known: tuple[Place, ...], readable: frozenset[str], left: frozenset[str]
) -> tuple[Container, ...]:
    """Return the containers with the names of their namespaces.  A container has a namespace if it runs and a reading
    of its namespace has a text.

    ``left``: the names of the namespaces that the collector left unread on purpose."""
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
    """Return the name of the namespace that the container's network mode names.  With the mode ``container:X``, this is
    X's own namespace, because X itself cannot share another container's namespace."""
    if container.mode == "host":
        return HOST
    return f"container:{next(filter(container.joins, others), container).name}"


def netnsids(text: str, known: tuple[Place, ...]) -> tuple[tuple[int, str], ...]:
    """Return each netnsid by which the host's own namespace refers to a namespace, with that namespace's name.

    The text is the output of ``lsns -t net -r -n -o NS,NETNSID,PID``."""
    names = {place.inode: place.netns for place in known}
    found: list[tuple[int, str]] = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 2 and words[1].isdigit() and words[0] in names:
            found.append((int(words[1]), names[words[0]]))
    return tuple(found)


def with_resolvers(containers: tuple[Container, ...], texts: tuple[str, ...]) -> tuple[Container, ...]:
    """Return the containers, each with the name servers of its resolv.conf, the servers to which Docker's resolver
    forwards and the time of the engine's own file, if that file was read."""
    found = _by_container(texts)
    return tuple(
        msgspec.structs.replace(
            each,
            resolvers=tuple(line for line in found[each.id] if "\t" not in line),
            resolvers_written=_seconds(_rest_of(found[each.id], _COPY)),
            upstreams=None if (said := _rest_of(found[each.id], _SERVERS)) is None else tuple(said.split()),
            upstreams_changed=_seconds(_rest_of(found[each.id], _CHANGED)),
        )
        if each.id in found
        else each
        for each in containers
    )


def _rest_of(lines: list[str], word: str) -> str | None:
    """Return the rest of the first line that begins with the word."""
    return next((line.removeprefix(word) for line in lines if line.startswith(word)), None)


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def with_health_checks(containers: tuple[Container, ...], texts: tuple[str, ...]) -> tuple[Container, ...]:
    """Return the containers, each with the URLs of its failing health check."""
    found = _by_container(texts) if texts else {}
    return tuple(
        msgspec.structs.replace(each, checked=tuple(dict.fromkeys(found[each.id]))) if each.id in found else each
        for each in containers
    )


def with_hosts_entries(containers: tuple[Container, ...], texts: tuple[str, ...]) -> tuple[Container, ...]:
    """Return the containers, each with the entries of its /etc/hosts, if that file was read.  ``extra_names`` then has
    the names of the file, because the options show only the names that the engine wrote at the start."""
    found = {container: tuple(_entries(lines)) for container, lines in _by_container(texts).items()}
    return tuple(
        msgspec.structs.replace(
            each, hosts_entries=found[each.id], extra_names=tuple(dict.fromkeys(entry.name for entry in found[each.id]))
        )
        if each.id in found
        else each
        for each in containers
    )


def _by_container(texts: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the lines of the readings by container, without the container's id.  The list is empty for a container
    whose file was read and has no entry."""
    found: dict[str, list[str]] = {}
    for line in (line for text in texts for line in text.split("\n") if line):
        container, _, said = line.partition("\t")
        found.setdefault(container, []).extend([said] if said else [])
    return found


def _entries(lines: list[str]) -> Iterator[PinnedName]:
    """Yield the entry of each line that has a valid address and a name."""
    for line in lines:
        address, _, name = line.partition("\t")
        try:
            version, value = parse_address(address)
        except ValueError:
            continue
        if name:
            yield PinnedName(name, version, value)
