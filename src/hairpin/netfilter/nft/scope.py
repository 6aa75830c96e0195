"""The sets, maps and objects of one nftables table, which its rules refer to by name."""

from collections.abc import Mapping

import msgspec

from hairpin.netfilter.ir import Expression, Family
from hairpin.netfilter.nft.syntax import Object


class Scope(msgspec.Struct, frozen=True):
    """The declarations of one whole table, by name, as raw JSON; its rules refer to them."""

    family: Family
    table: str
    sets: Mapping[str, Object] = {}
    maps: Mapping[str, Object] = {}
    objects: Mapping[str, Object] = {}
    """By kind and name: ``limit NAME``, ``quota NAME``."""
    updated: frozenset[str] = frozenset()
    """Sets and maps that rules add elements to."""
    unread: frozenset[str] = frozenset()
    """Maps with an unknown element: a rule that uses one becomes opaque."""
    merges: bool = False
    """Whether the nft that wrote the table merges negated adjacent fields (see merged_payloads)."""


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A statement that the IR can express only as several rules, one for each option; at most one option is satisfied.

    ``prefix`` holds for all of them.
    """

    prefix: tuple[Expression, ...]
    options: tuple[tuple[Expression, ...], ...]


Parts = tuple[Expression, ...] | Choice
"""A statement as expressions of the IR."""

MAX_OPTIONS = 256
"""The greatest number of rules into which a map is split; a larger map stays opaque, and the walk forks."""
