"""The sets, maps and objects of one nftables table, which its rules refer to by name."""

from collections.abc import Mapping

import msgspec

from hairpin.netfilter.ir import Expression, Family
from hairpin.netfilter.nft.syntax import Object


class Scope(msgspec.Struct, frozen=True):
    """The declarations of one whole table to which its rules refer, by name, as raw JSON."""

    family: Family
    table: str
    sets: Mapping[str, Object] = {}
    maps: Mapping[str, Object] = {}
    objects: Mapping[str, Object] = {}
    """The table's other objects by kind and name: ``limit NAME``, ``quota NAME``."""
    updated: frozenset[str] = frozenset()
    """The sets and maps to which rules add elements."""
    unread: frozenset[str] = frozenset()
    """The maps with an unknown element; a rule that uses such a map becomes opaque."""
    merges: bool = False
    """Whether the nft that made the table merges negated comparisons of adjacent fields (see merged_fields)."""


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A statement that the IR can express only as several rules, one for each option; at most one option is satisfied.

    ``prefix`` has the expressions that precede each option.
    """

    prefix: tuple[Expression, ...]
    options: tuple[tuple[Expression, ...], ...]


Parts = tuple[Expression, ...] | Choice
"""A statement of nft as expressions of the IR, or as a choice between options."""

MAX_OPTIONS = 256
"""The greatest number of rules into which a map is split.  A larger map stays opaque, and the walk forks at it."""
