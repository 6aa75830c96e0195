"""The tables of iptables-legacy, of which the kernel tells no change: they are asked for.

Each second their sizes and the places of their chains, which is a call a table; every half minute the rules, without
counters, so that a rule replaced by one of the same length is seen.  Where audit is on, ``audit`` tells each change
and who made it, and the rules are not asked for.

Source: linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h
"""

import ctypes
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from socket import AF_INET, AF_INET6, IPPROTO_RAW, SOCK_RAW, socket
from typing import NamedTuple

from hairpin.guard.change import SeenChange
from hairpin.guard.sources.source import Source

RULES_EVERY_S = 30.0
"""How often the rules are asked for, in seconds."""
DETAIL = "iptables-legacy"
_INFO, _ENTRIES = 64, 65
"""IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES; IPv6 has the same numbers."""
_INFO_LONG = 84
"""The length of struct ipt_getinfo in bytes: the table's name (32), then the places of its chains, the number of its
rules and its size."""
_SIZE_AT = 80
_HEAD = 40
"""The length of struct ipt_get_entries: the name, the size, and padding to 8 bytes."""


class _Family(NamedTuple):
    """A family.  ``next_at``, ``counters_at``: where a rule has its length and its counters (two of 8 bytes)."""

    file: str
    family: int
    level: int
    next_at: int
    counters_at: int


_FAMILIES = (
    _Family("/proc/net/ip_tables_names", AF_INET, 0, 90, 96),
    _Family("/proc/net/ip6_tables_names", AF_INET6, 41, 142, 152),
)
_COUNTERS = bytes(16)
_NEXT = struct.Struct("=H")

Forms = dict[tuple[int, str], bytes]
"""By family and name, what a table is known by."""


class LegacyTables(Source):
    """The tables of the network namespace in which the process is."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self._sizes, self._rules = self._forms(), self._digests()
        self._asked_s = time.monotonic()
        self.is_told = False
        """Whether audit tells each change."""

    @property
    def are_there(self) -> bool:
        """Whether the kernel has such tables."""
        return bool(self._sizes)

    def have_changed(self, *, by_rules: bool) -> bool:
        """Return whether the tables are others than when this was last asked.  ``by_rules``: whether their rules are
        compared, too, if their sizes are alike."""
        sizes, rules = self._forms(), self._rules
        if sizes != self._sizes or by_rules:
            rules = self._digests()
        is_other = (sizes, rules) != (self._sizes, self._rules)
        self._sizes, self._rules = sizes, rules
        return is_other

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Yield that the tables are others than before."""
        by_rules = now_s - self._asked_s >= RULES_EVERY_S and not self.is_told
        if by_rules:
            self._asked_s = now_s
        if self.have_changed(by_rules=by_rules):
            yield SeenChange("rules", time.time(), DETAIL)

    def _forms(self) -> Forms:
        return {
            (family.family, name): self._info(raw, family, name) for family, raw, names in _families() for name in names
        }

    def _digests(self) -> Forms:
        return {
            (family.family, name): self._digest(raw, family, name)
            for family, raw, names in _families()
            for name in names
        }

    def _info(self, raw: socket, family: _Family, name: str) -> bytes:
        """Return the kernel's answer about a table; empty if it has none."""
        asked = ctypes.create_string_buffer(name.encode(), _INFO_LONG)
        return bytes(asked) if self._ask(raw, family, _INFO, asked) else b""

    def _digest(self, raw: socket, family: _Family, name: str) -> bytes:
        """Return a hash of a table's rules without their counters; empty if it has none."""
        info = self._info(raw, family, name)
        if not info:
            return b""
        size = int.from_bytes(info[_SIZE_AT : _SIZE_AT + 4], "little" if struct.pack("=H", 1)[0] else "big")
        head = name.encode().ljust(32, b"\0") + struct.pack("=I", size)
        asked = ctypes.create_string_buffer(head, _HEAD + size)
        if not self._ask(raw, family, _ENTRIES, asked):  # the table has changed since: the next second tells
            return b""
        return rules_digest(bytearray(memoryview(asked)[_HEAD:]), family.next_at, family.counters_at)

    def _ask(self, raw: socket, family: _Family, what: int, asked: "ctypes.Array[ctypes.c_char]") -> bool:
        """Let the kernel fill the buffer.  Python's own getsockopt() cannot pass the table's name."""
        length = ctypes.c_uint32(len(asked))
        done: int = self._libc.getsockopt(raw.fileno(), family.level, what, asked, ctypes.byref(length))
        return done == 0


def rules_digest(rules: bytearray, next_at: int, counters_at: int) -> bytes:
    """Return a hash of rules, as the kernel gives them, without their counters."""
    start, size = 0, len(rules)
    while start + counters_at + 16 <= size:
        rules[start + counters_at : start + counters_at + 16] = _COUNTERS
        length = _NEXT.unpack_from(rules, start + next_at)[0]
        if not length:
            break
        start += length
    return blake2b(rules, digest_size=16).digest()


def _families() -> Iterator[tuple[_Family, socket, list[str]]]:
    for each in _FAMILIES:
        names: list[str] = []
        with suppress(OSError):
            names = Path(each.file).read_text("ascii", errors="replace").split()
        if names:
            with suppress(OSError), socket(each.family, SOCK_RAW, IPPROTO_RAW) as raw:
                yield each, raw, sorted(names)
