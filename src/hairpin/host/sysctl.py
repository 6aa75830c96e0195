"""The values under /proc/sys/net of one namespace."""

import msgspec

Path = tuple[str, ...]
"""The parts of a sysctl's path, such as ``("net", "ipv4", "conf", "eth0.100", "forwarding")``: the path is a tuple
because names of interfaces may contain dots."""


class Sysctls(msgspec.Struct, frozen=True):
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


def dotted(path: Path) -> str:
    """Return the path as sysctl(8) takes it: dots inside a part become slashes
    (``net.ipv4.conf.eth0/100.forwarding``)."""
    return ".".join(part.replace(".", "/") for part in path)
