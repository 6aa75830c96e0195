"""Published ports as people and tools write them, in the form of ``docker inspect``."""

import re
from collections.abc import Iterator

from hairpin.sought import Sought

Bindings = dict[str, list[dict[str, str]] | None]
_LISTED = Sought(
    r"(?:(?P<address>\d+\.\d+\.\d+\.\d+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:]*\]?|\*)?:(?P<first>\d+)(?:-(?P<last>\d+))?->)?"
    r"(?P<own>\d+)(?:-(?P<own_last>\d+))?/(?P<protocol>tcp|udp|sctp)"
)
_PORT = (
    r"(?:(?:(?:[\dx*]+\.[\dx*]+\.[\dx*]+\.[\dx*]+|\[[0-9a-fA-F:]*\]|[0-9a-fA-F]*:[0-9a-fA-F:]*|\*)?:)?\d+(?:-\d+)?->)?"
    r"\d+(?:-\d+)?/(?:tcp|udp|sctp)"
)
PORTS = rf"{_PORT}(?:, ?{_PORT})*"
"""The pattern of a cell of the column PORTS.  Compose 1 writes no blank after the comma."""
_MOST = 1000
"""The size of the largest range of ports that is split into single ports."""


def bindings_in(cell: str) -> Bindings:
    """Return the ports in the column PORTS of ``docker ps``: ``0.0.0.0:8080->80/tcp, :::8080->80/tcp, 443/tcp``."""
    found: Bindings = {}
    for part in re.split(r",\s*", cell.strip()):
        row = _LISTED.fullmatch(part.strip())
        if row is None:
            continue
        own = range(int(row["own"]), int(row["own_last"] or row["own"]) + 1)
        if len(own) > _MOST:
            continue
        for number, port in enumerate(own):
            key = f"{port}/{row['protocol']}"
            if row["first"] is None:
                found.setdefault(key, None)
                continue
            address = (row["address"] or "").strip("[]").replace("*", "0.0.0.0")
            binding = {"HostIp": address, "HostPort": str(int(row["first"]) + number)}
            found[key] = [*(found.get(key) or []), binding]
    return found


def port_bindings(options: list[str]) -> Bindings:
    """Return the ports of the options ``-p``: ``[ADDRESS:][PORT:]PORT[/PROTOCOL]``.  PORT is a port or a range of
    ports."""
    found: Bindings = {}
    for option in options:
        for key, binding in _of_option(option):
            found[key] = [*(found.get(key) or []), binding]
    return found


def _of_option(option: str) -> Iterator[tuple[str, dict[str, str]]]:
    text, _, protocol = option.strip().partition("/")
    bracketed = re.fullmatch(r"\[([0-9a-fA-F:]+)\]:(.*)", text)
    address, rest = (bracketed[1], bracketed[2]) if bracketed is not None else ("", text)
    fields = rest.split(":")
    if not address and len(fields) > 2:
        address, fields = ":".join(fields[:-2]), fields[-2:]
    own = _range(fields[-1])
    outer = _range(fields[0]) if len(fields) > 1 else []
    if not own or (len(fields) > 1 and fields[0] and len(outer) != len(own)):
        return
    for number, port in enumerate(own):
        yield f"{port}/{protocol or 'tcp'}", {"HostIp": address, "HostPort": outer[number] if outer else ""}


def _range(text: str) -> list[str]:
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text)
    if found is None:
        return []
    ports = range(int(found[1]), int(found[2] or found[1]) + 1)
    return [str(port) for port in ports] if len(ports) <= _MOST else []
