"""Addresses that a program gives to one of several machines at a time: keepalived, pacemaker, heartbeat, ucarp, FRR,
vip-manager, pgpool.

A machine that lacks such an address is the standby for the machine that has it.  Another machine may answer for the
address, so an administrator does not add it by hand.

Source: keepalived.conf(5) virtual_ipaddress; ocf_heartbeat_IPaddr2(7); ucarp(8); FRR's vrrpd(8)
"""

from collections.abc import Sequence
from typing import Literal

import msgspec


class FloatingAddress(msgspec.Struct, frozen=True):
    """An address that ``program`` moves between machines, from the file ``path``.

    ``value``: None if the program runs on this host and its addresses were not read.  If the addresses were not read,
    ``path`` is empty, or names a file with a variable."""

    program: str
    version: Literal[4, 6] = 4
    value: int | None = None
    path: str = ""
    line: int = 0
    evidence: str = ""


def mover_of(entries: Sequence[FloatingAddress], version: Literal[4, 6], value: int) -> FloatingAddress | None:
    """Return the entry of the program that moves the address; None if no program is known to move it.

    A program whose addresses were not read may move any address."""
    named = (each for each in entries if (each.version, each.value) == (version, value))
    return next(named, next((each for each in entries if each.value is None), None))
