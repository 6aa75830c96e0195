"""Reads ebtables' targets.

Source: ebtables-nft(8); net/bridge/netfilter/ebt_mark.c, ebt_dnat.c, ebtable_broute.c
"""

from collections.abc import Collection
from itertools import pairwise

from hairpin.netfilter.ir import FieldMatch, Jump, Outside, SetField, Statement, Verdict
from hairpin.netfilter.rule_address import read_mac

VERDICTS: dict[str, Verdict] = {
    "ACCEPT": Verdict("accept"), "DROP": Verdict("drop"), "RETURN": Verdict("return"), "CONTINUE": Verdict("continue"),
}  # fmt: skip

TARGETS: dict[str, tuple[str, ...]] = {
    "mark": ("--mark-", "--set-mark", "--or-mark", "--and-mark", "--xor-mark"),
    "dnat": ("--to-dst", "--to-destination", "--dnat-target"),
    "snat": ("--to-src", "--to-source", "--snat-"),
    "redirect": ("--redirect-target",),
    "arpreply": ("--arpreply-",),
}
"""The prefixes of the options that belong to each target."""

_NEW_ADDRESS = {"dnat": ("--to-dst", "--to-destination"), "snat": ("--to-src", "--to-source")}
_MARK_BITS = 0xFFFFFFFF


def read_target(name: str, options: list[str], *, broute: bool, chains: Collection[str]) -> tuple[Statement, ...]:
    """Return the target's statements.  A target that is unknown or changes the destination hardware address becomes
    Outside."""
    text = " ".join(options)
    if broute and name in ("DROP", "redirect"):
        # In the broute table DROP does not drop the frame: IP routes the frame, and the bridge does not forward it.
        return (Outside(name, text or "routed instead of bridged"),)
    if name in VERDICTS:
        return () if name == "CONTINUE" else (VERDICTS[name],)
    if name in chains:
        return (Jump(name),)
    if name not in TARGETS or name == "arpreply":
        return (Outside(name, text),)
    if name == "redirect":
        return (Outside(name, text),)
    words = dict(pairwise([*options, ""]))
    verdict = VERDICTS.get(words.get(f"--{name}-target", "ACCEPT"))
    mark = _mark(words) if name == "mark" else None
    first: Statement | None = mark if name == "mark" else _rewrite(name, words, text)
    if verdict is None or first is None:
        return (Outside(name, text),)
    return (first,) if verdict.verdict == "continue" else (first, verdict)


def _rewrite(name: str, words: dict[str, str], text: str) -> SetField | Outside | None:
    """Return the statement of a target that writes a hardware address.

    The bridge forwards by the destination hardware address, and a change of this address is not modelled.
    """
    given = next((words[option] for option in _NEW_ADDRESS[name] if option in words), None)
    if given is None:
        return None
    mac = read_mac(given)
    return SetField("smac", 0, mac) if name == "snat" else Outside(name, text, unless=FieldMatch("dmac", ((mac, mac),)))


def _mark(words: dict[str, str]) -> SetField | None:
    for option, text in words.items():
        kind = option.removeprefix("--").removesuffix("-mark").removeprefix("mark-")
        if kind not in ("set", "or", "and", "xor"):
            continue
        value = int(text, 0)
        keep, change = {"set": (0, value), "or": (~value, value), "and": (value, 0), "xor": (_MARK_BITS, value)}[kind]
        return SetField("mark", keep & _MARK_BITS, change)
    return None
