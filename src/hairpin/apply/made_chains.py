"""The built-in chains that iptables-nft makes for a plan's rules.  The undo deletes them with the rules.

iptables-save lists every built-in chain of a table, and nft lists only existing chains.  A table that becomes empty
stays, because no command deletes a table on the condition that it is empty.

Source: iptables nft.c nft_chain_builtin_init()
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.apply.backups import Carries, printed_by
from hairpin.apply.kept_plan import KeptPlan
from hairpin.carry.act import Command
from hairpin.change.change import InsertRule, SetPolicy
from hairpin.change.simulation.rules import BUILT_IN
from hairpin.change.step import LoadRules

_HEAD = re.compile(r"\s*(?P<kind>table|chain) (?P<name>[^{]+?) \{")


def with_made_chains(plan: KeptPlan, carrier: Carries) -> KeptPlan:
    """Return the plan in which each load of rules names the built-in chains that iptables-nft will make for the
    load."""
    tasks = tuple(
        msgspec.structs.replace(each, step=_with_chains(each.step, carrier))
        if isinstance(each.step, LoadRules)
        else each
        for each in plan.tasks
    )
    return msgspec.structs.replace(plan, tasks=tasks)


def _with_chains(step: LoadRules, carrier: Carries) -> LoadRules:
    needed = dict.fromkeys(_needed(step)) if step.dialect == "iptables-nft" else {}
    if not needed:
        return step
    listing = printed_by(Command((*step.entering, "nft", "-t", "list", "ruleset")), carrier)
    if listing is None:
        return step
    there = set(_chains(listing, f"{step.family} {step.table}"))
    return msgspec.structs.replace(step, makes=tuple(each for each in needed if each not in there))


def _needed(step: LoadRules) -> Iterator[str]:
    built_in = {name for name, *_ in BUILT_IN.get(step.table, ())}
    for edit in step.does:
        chain = edit.chain if isinstance(edit, InsertRule) else edit.place.chain if isinstance(edit, SetPolicy) else ""
        if chain in built_in:
            yield chain


def _chains(listing: str, table: str) -> Iterator[str]:
    inside = ""
    for found in map(_HEAD.match, listing.splitlines()):
        if found is not None and found["kind"] == "table":
            inside = found["name"]
        elif found is not None and inside == table:
            yield found["name"]
