"""What a pasted text tells of a host.  Everything else of that host is supposed: it is as on an ordinary host."""

from typing import NamedTuple

import msgspec

from hairpin.host.sysctl import Path


class ToldTable(NamedTuple):
    """A table of rules that the text lists.  ``family``: ``ip`` or ``ip6``."""

    family: str
    name: str


class Told(msgspec.Struct, frozen=True):
    """The parts of a host that a text tells.

    ``parts``: pairs of a namespace and a field of :class:`Namespace`; routes and policy rules are told for each IP
    version (``routes4``).  ``sysctls``: the sysctls of the host's own namespace.  ``tables``: the tables of iptables in
    it.  ``natives``: whether the tables of nftables are told, too.  ``containers``: the containers about which an
    output of the engine tells; a container that only a typed command names is not told."""

    parts: frozenset[tuple[str, str]] = frozenset()
    sysctls: frozenset[Path] = frozenset()
    tables: frozenset[ToldTable] = frozenset()
    natives: bool = False
    containers: frozenset[str] = frozenset()
