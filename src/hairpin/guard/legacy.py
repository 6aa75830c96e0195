"""The tables of iptables-legacy, of which the kernel tells no change: their sizes are asked for.

A rule that is replaced by one of the same length is not seen.  Source: linux/netfilter_ipv4/ip_tables.h
"""

import ctypes
from contextlib import suppress
from pathlib import Path
from socket import AF_INET, AF_INET6, IPPROTO_RAW, SOCK_RAW, socket

EVERY_S = 1.0
"""How often the sizes are asked for, in seconds."""
_INFO = 64
"""IPT_SO_GET_INFO and IP6T_SO_GET_INFO"""
_LONG = 84
"""The length of struct ipt_getinfo in bytes: the table's name (32), then the places of its chains, the number of its
rules and its size."""
_FAMILIES = (("/proc/net/ip_tables_names", AF_INET, 0), ("/proc/net/ip6_tables_names", AF_INET6, 41))

Sizes = tuple[tuple[int, str, bytes], ...]


def table_sizes() -> Sizes:
    """Return the size of each table that the kernel has, with the places of its chains: family, name, form."""
    found: list[tuple[int, str, bytes]] = []
    for file, family, level in _FAMILIES:
        names: list[str] = []
        with suppress(OSError):
            names = Path(file).read_text("ascii", errors="replace").split()
        if not names:
            continue
        with suppress(OSError), socket(family, SOCK_RAW, IPPROTO_RAW) as raw:
            found += [(family, name, _size(raw.fileno(), level, name)) for name in sorted(names)]
    return tuple(found)


def _size(descriptor: int, level: int, name: str) -> bytes:
    """Return the kernel's answer about a table; empty if it has none.

    Python's own getsockopt() cannot pass the table's name."""
    asked = ctypes.create_string_buffer(name.encode(), _LONG)
    length = ctypes.c_uint32(_LONG)
    libc = ctypes.CDLL(None)
    status: int = libc.getsockopt(descriptor, level, _INFO, asked, ctypes.byref(length))
    return bytes(asked) if status == 0 else b""
