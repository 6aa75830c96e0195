"""The values under /proc/sys/net of one namespace."""

import msgspec

from hairpin.kept import kept

Path = tuple[str, ...]
"""The parts of a sysctl's path, such as ``("net", "ipv4", "conf", "eth0.100", "forwarding")``: the path is a tuple
because names of interfaces may contain dots."""


class Sysctls(msgspec.Struct, frozen=True, dict=True):
    """The values of sysctls by path.  A path that is missing was not in the readings."""

    values: dict[Path, str]
    evidence: str = ""

    def text(self, *path: str) -> str | None:
        """Return the value as it was read; None if it was not read."""
        return self.values.get(path)

    def number(self, *path: str) -> int | None:
        """Return the value as a number, or None if it is absent or not a number."""
        text = self.values.get(path)
        if text is None or not text.lstrip("-").isdigit():
            return None
        return int(text)

    def with_value(self, path: Path, value: str) -> "Sysctls":
        """Return a copy in which the sysctl has this value."""
        return msgspec.structs.replace(self, values={**self.values, path: value})

    def without_links(self, names: frozenset[str]) -> "Sysctls":
        """Return the values without the values of the links ``names``; the same object if these links have no values.
        The sysctls of bridge ports, which engines make and delete, are not read.  Therefore bridge ports have no
        values."""
        if names.isdisjoint(_links(self)):
            return self
        values = {path: value for path, value in self.values.items() if _link_of(path) not in names}
        return msgspec.structs.replace(self, values=values)


@kept
def _links(sysctls: Sysctls) -> frozenset[str]:
    """Return the names of the links that have values of their own."""
    return frozenset(map(_link_of, sysctls.values))


def _link_of(path: Path) -> str:
    """Return the link whose own value the path names, such as ``eth0`` in ``net.ipv4.neigh.eth0.gc_stale_time``; empty
    if the path names no link."""
    return path[3] if len(path) > 3 and path[0] == "net" and path[2] in ("conf", "neigh") else ""


def dotted(path: Path) -> str:
    """Return the path as sysctl(8) takes it: dots inside a part become slashes
    (``net.ipv4.conf.eth0/100.forwarding``)."""
    return ".".join(part.replace(".", "/") for part in path)
