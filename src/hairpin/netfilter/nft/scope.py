"""What the rules of one nftables table can refer to by name."""

import msgspec

from hairpin.netfilter.ir import Expression, Family
from hairpin.netfilter.nft.syntax import Object


class Scope(msgspec.Struct, frozen=True):
    """One table while it is read; ``sets``, ``maps`` and ``objects`` (``limit NAME``, ``quota NAME``) are raw JSON.

    ``updated``: sets and maps that rules add elements to.  ``unread``: maps with an element that is not understood.
    """

    family: Family
    table: str
    sets: dict[str, Object]
    maps: dict[str, Object]
    objects: dict[str, Object]
    updated: set[str]
    unread: set[str]
    merges: bool = False
    """Written by an nft that merges negated neighbours (see merged_payloads)."""


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A statement that the IR can only say as several rules, one for each option; at most one option is satisfied.

    ``prefix`` holds for all of them.
    """

    prefix: tuple[Expression, ...]
    options: tuple[tuple[Expression, ...], ...]


Parts = tuple[Expression, ...] | Choice
"""What a statement becomes."""

MAX_OPTIONS = 256
"""A map that would become more rules than this is left to the walk as something it cannot know."""
