"""The name servers that containers' own resolv.conf files name.

Lines of the reading: a container's id where its file was read, then ``id<TAB>address`` for each name server.
"""

import msgspec

from hairpin.host.docker import Container


def with_resolvers(containers: tuple[Container, ...], texts: tuple[str, ...]) -> tuple[Container, ...]:
    """Return the containers, each with the name servers of its own file if that was read."""
    found: dict[str, list[str]] = {}
    for line in (line for text in texts for line in text.split("\n") if line):
        container, _, address = line.partition("\t")
        found.setdefault(container, []).extend([address] if address else [])
    return tuple(
        msgspec.structs.replace(each, resolvers=tuple(found[each.id])) if each.id in found else each
        for each in containers
    )
