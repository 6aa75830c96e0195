"""The words of nftables' tests as hairpin's reader of scripts reads them, held against the JSON that nft prints.

Source: nftables tests/py
"""

import msgspec

from hairpin.errors import ParseError
from hairpin.netfilter import ir
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after

_replace = msgspec.structs.replace


def read_alike(script: str, chain: str, printed: tuple[ir.Rule, ...], version: str) -> bool:
    """Return whether the last rule of the script means in that chain what nft has printed of it: the words of what
    hairpin does not model, and the order of elements and comparisons, are nft's own."""
    try:
        (table,) = tables_after(script, (), LoadingHost(version=version), source="test")
    except ParseError:
        return False
    found = table.chain(chain)
    last = found.rules[-1].number if found is not None and found.rules else 0
    rules = [each for each in found.rules if each.number == last] if found is not None else []
    return sorted(map(_meant, rules)) == sorted(map(_meant, printed))


def _meant(rule: ir.Rule) -> list[str]:
    return sorted({repr(_without_words(part)) for part in rule.body})


def _without_words(part: ir.Expression) -> object:
    match part:
        case ir.StatefulMatch() | ir.OpaqueMatch() | ir.NoEffect() | ir.Outside():
            return (type(part).__name__, getattr(part, "name", ""), getattr(part, "usual", None))
        case ir.AnyOfMatch():
            return ("any", part.negated, sorted(repr(_without_words(each)) for each in part.alternatives))
        case ir.NameMatch():
            return _replace(part, names=tuple(sorted(part.names)))
        case ir.InlineSetMatch() | ir.NatMap() | ir.VerdictMap():
            return _replace(part, elements=tuple(sorted(part.elements, key=repr)))
        case _:
            return part
