"""The values under /proc/sys/net of one namespace."""

import msgspec

Path = tuple[str, ...]
"""Parts of a sysctl's path, ``("net", "ipv4", "conf", "eth0.100", "forwarding")``: interface names have dots too."""


class Sysctls(msgspec.Struct, frozen=True):
    """Values by path.  A missing path was not in the readings."""

    values: dict[Path, str]
    evidence: str = ""

    def text(self, *path: str) -> str | None:
        """Return the value as read, or None."""
        return self.values.get(path)

    def number(self, *path: str) -> int | None:
        """Return the value as a number, or None when absent or not a number."""
        text = self.values.get(path)
        if text is None or not text.lstrip("-").isdigit():
            return None
        return int(text)

    def with_value(self, path: Path, value: str) -> "Sysctls":
        """Return a copy in which one value differs."""
        return msgspec.structs.replace(self, values={**self.values, path: value})


def dotted(path: Path) -> str:
    """Return the path as sysctl(8) takes it: dots in a part become slashes (``net.ipv4.conf.eth0/100.forwarding``)."""
    return ".".join(part.replace(".", "/") for part in path)
