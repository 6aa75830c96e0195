"""The name servers and the names of containers, as files of theirs that a text shows tell them.

hairpin itself asks for such a file (``docker exec web cat /etc/resolv.conf``).  The text names the container by its
name, or by the beginning of its id in a prompt; if the only container of the host is one that the question needs, the
file is this container's.
"""

from collections.abc import Callable

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.read.engines.placement import with_hosts_entries, with_resolvers
from hairpin.suppose.asked import UNNAMED

_replace = msgspec.structs.replace
_READERS: tuple[tuple[str, Callable[[tuple[Container, ...], tuple[str, ...]], tuple[Container, ...]]], ...] = (
    ("container-resolvers", with_resolvers),
    ("container-hosts", with_hosts_entries),
)


def with_told_files(host: Host, evidence: Evidence) -> Host:
    """Return the host whose containers have the name servers of their resolv.conf and the names of their /etc/hosts,
    if the text shows these files."""
    for key, read in _READERS:
        lines = [line for each in evidence.all(key) for line in each.text.splitlines()]
        named = tuple(line for each in lines for line in _with_id(host, each))
        if named:
            engines = (_replace(each, containers=read(each.containers, named)) for each in host.engines)
            host = _replace(host, engines=tuple(engines))
    return host


def _with_id(host: Host, line: str) -> tuple[str, ...]:
    """Return the line with the container's id in place of its name; nothing if the host has no such container."""
    name, tab, said = line.partition("\t")
    alone = [each for each in host.containers() if each.name == UNNAMED] if len(host.containers()) == 1 else []
    return tuple(f"{each.id}{tab}{said}" for each in (host.containers_named(name) or alone))
