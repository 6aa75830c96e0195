"""The sets, maps and objects of one nftables table, which its rules refer to by name."""

from collections.abc import Mapping

import msgspec

from hairpin.netfilter.ir import Expression, Family
from hairpin.netfilter.nft.syntax import Object


class Scope(msgspec.Struct, frozen=True):
    """One table, complete, for the reading of its rules; what it declares is raw JSON, by name."""

    family: Family
    table: str
    sets: Mapping[str, Object] = {}
    maps: Mapping[str, Object] = {}
    objects: Mapping[str, Object] = {}
    """By kind and name: ``limit NAME``, ``quota NAME``."""
    updated: frozenset[str] = frozenset()
    """Sets and maps that rules add elements to."""
    unread: frozenset[str] = frozenset()
    """Maps with an element that is not understood, so that no rule may trust them."""
    merges: bool = False
    """Written by an nft that merges negated neighbours (see merged_payloads)."""


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A statement that the IR can only say as several rules, one for each option; at most one option is satisfied.

    ``prefix`` holds for all of them.
    """

    prefix: tuple[Expression, ...]
    options: tuple[tuple[Expression, ...], ...]


Parts = tuple[Expression, ...] | Choice
"""A statement as expressions of the IR."""

MAX_OPTIONS = 256
"""A map that would become more rules than this stays opaque: the walk forks."""
