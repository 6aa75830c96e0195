"""Keeps changes in firewalld's files, by calls with --permanent.  firewalld's next reload removes all other changes."""

import shlex
from typing import Literal

import msgspec

from hairpin.change.calls import (
    AddDirectChain,
    AddDirectRule,
    AddRichRule,
    BindInterface,
    OfFirewalld,
    OpenPort,
    TrustSource,
)
from hairpin.change.change import InsertRule
from hairpin.change.expect import firewalld_zones
from hairpin.change.simulation.rules import BUILT_IN, own_words
from hairpin.host.host import Host
from hairpin.host.managers import DirectRule
from hairpin.message import message
from hairpin.remedy.remedy import Lasting, Situation


def permanent_calls(situation: Situation) -> Lasting:
    """Return the change's calls to firewalld, with --permanent added.  A call whose setting is already in firewalld's
    files is left out.  The undo of a call for a present setting would remove the setting."""
    calls: list[OfFirewalld] = [
        msgspec.structs.replace(call, permanent=True)
        for call in situation.candidate.change.calls
        if isinstance(call, OpenPort | AddRichRule | BindInterface | TrustSource) and not call.permanent
    ]
    made = tuple(each for each in calls if not _is_kept(each, situation.host))
    said = (
        message("without --permanent, the next reload of firewalld closes the port again")
        if made
        else message("firewalld's files already contain this setting: the next reload of firewalld applies it, too")
    )
    return Lasting(calls=made, advice=(said,) if calls else ())


def _is_kept(call: OfFirewalld, host: Host) -> bool:
    """Return whether firewalld's files already contain the call's setting."""
    zones = {each.name: each for each in firewalld_zones(host, permanent=True)}
    match call:
        case OpenPort(zone=zone, port=port, protocol=protocol):
            return zone in zones and f"{port}/{protocol}" in zones[zone].ports
        case BindInterface(zone=zone, interface=interface):
            return zone in zones and interface in zones[zone].interfaces
        case TrustSource(source=source):
            return "trusted" in zones and source in zones["trusted"].sources
        case AddRichRule(owner="zone", name=name, rule=rule) if name in zones:
            return shlex.split(rule) in map(shlex.split, zones[name].rich_rules)
        case _:
            return False


def without_direct(rule: DirectRule) -> OfFirewalld | None:
    """Return the call that deletes the --direct rule from firewalld's file; None for a passthrough rule."""
    if rule.priority is None:
        return None
    return AddDirectRule(rule.family, rule.table, rule.chain, rule.words, removed=True, priority=rule.priority)


def direct(rules: tuple[InsertRule, ...], known: tuple[DirectRule, ...]) -> Lasting:
    """Return the calls that add the rules as --direct rules of firewalld, before its present --direct rules
    (``known``).

    The calls first add each chain that is not built in.  firewalld starts before the engine, and would fail at a rule
    whose chain does not exist."""
    calls: dict[OfFirewalld, None] = {}
    for rule in rules:
        family: Literal["ip", "ip6"] = "ip6" if rule.family == "ip6" else "ip"
        built_in = {chain for chain, *_ in BUILT_IN.get(rule.table, ())}
        chain = rule.chain.removesuffix("_direct")
        if chain not in built_in:
            chain = rule.chain
            calls[AddDirectChain(family, rule.table, chain)] = None
        words = own_words(rule.rule, rule.chain)
        others = (
            each.priority
            for each in known
            if (each.family, each.table, each.chain) == (family, rule.table, chain)
            and each.words != words
            and each.priority is not None
        )
        first = min(others, default=1) - 1
        call = AddDirectRule(family, rule.table, chain, words, priority=first)
        if not any((each.family, each.table, each.chain, each.words) == (family, rule.table, chain, words)
                   and each.priority == first for each in known):  # fmt: skip
            calls[call] = None
    return Lasting(
        calls=tuple(calls),
        advice=(message("firewalld runs here: its --direct rules survive its reloads, plain rules do not"),),
    )
