"""Finds the ids of causes (states of the host) that may have removed an engine's rules, or kept the engine from making
them.

``hairpin.causes.states`` decides which of these states the host has.  This file decides which states of the host
explain the loss of a rule.
"""

import re
from collections import Counter
from typing import Literal

import msgspec

from hairpin.causes.kit import Host, Iterator, Namespace, Place
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.missing import Missing
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import NameMatch, Rule
from hairpin.netfilter.meaning import Meaning, meaning

CHECK_BUG = "iptables-check-bug"
Judgement = Literal["confuses", "sound", "unknown"]

VERSION = "1.8.11"
"""The version of iptables with a bug in some builds: these builds confuse rules that differ only in their
interfaces."""
_PROGRAM = re.compile(r"v1\.8\.11 \(nf_tables\)")
_DEBIANS = re.compile(r"1\.8\.11-(?P<revision>\d+)(?:[+~]\S*|ubuntu\S*|build\S*)?")
_FIRST_MENDED = 2
"""The first Debian revision of iptables 1.8.11 without the bug.

Source: its changelog of iptables 1.8.11-2, "add patch to fix -C commands" (bug 1087210)."""


def judgement(host: Host) -> Judgement:
    """Return whether the host's ``iptables -C`` confuses interfaces.

    A trial on the host decides.  Without a trial, the package version decides."""
    if not _PROGRAM.search(host.version("iptables") or ""):
        return "sound"
    trial = host.rule_tools.check
    if trial is not None:
        return "confuses" if trial.confuses else "sound"
    of_debian = _DEBIANS.fullmatch(host.version("package:iptables") or "")
    if of_debian is None:
        return "unknown"
    return "sound" if int(of_debian["revision"]) >= _FIRST_MENDED else "confuses"


def makers_of(lost: Missing, host: Host) -> tuple[str, ...]:
    """Return the ids of the causes that may have removed these rules, or kept the engine from making them."""
    return tuple(_makers(lost, host))


def _makers(lost: Missing, host: Host) -> Iterator[str]:
    yield "iptables-binary-shadowed"
    if is_table_flushed(lost):
        yield "firewall-manager-flushed-rules"
        return
    if any(confused_in(lost, host)):
        yield CHECK_BUG
    if lost.dialect == "iptables-legacy":
        yield "xtables-lock-contention"
    yield "kernel-match-missing"


class Confused(msgspec.Struct, frozen=True):
    """A lost rule that ``iptables`` may have confused with a rule for other interfaces in the same chain.  ``instead``:
    the rule for other interfaces.  ``instead`` is None if no rule for other interfaces is left.  To delete the rule for
    other interfaces, the engine ran ``iptables -D``, which first deleted the lost rule by mistake."""

    rule: ExpectedRule
    instead: Place | None


def confused_in(lost: Missing, host: Host) -> Iterator[Confused]:
    """Yield each lost rule that ``iptables`` may have confused with a similar rule.

    Either ``iptables -C`` found the similar rule, so the engine did not make the lost rule.  Or ``iptables -D`` deleted
    the lost rule instead of the similar rule.  A wrong ``iptables -D`` leaves no trace, so it counts only if the host's
    ``iptables`` is known to confuse rules."""
    found = judgement(host)
    if found == "sound" or is_table_flushed(lost):
        return
    for each in lost.rules:
        instead = stand_in(lost, each, host.namespace(host.netns.name))
        if instead is not None or (found == "confuses" and asks_interface(each)):
            yield Confused(each, instead)


def asks_interface(rule: ExpectedRule) -> bool:
    """Return whether the rule matches an interface name."""
    return any(isinstance(each, NameMatch) and each.field in ("iif", "oif") for each in rule.rule.body)


def is_table_flushed(lost: Missing) -> bool:
    """Return whether the engine has lost all its rules in one table."""
    gone = Counter((one.family, one.table) for one in lost.rules)
    wanted = Counter((one.family, one.table) for one in lost.wanted.rules)
    return any(count > 1 and count == wanted[table] for table, count in gone.items())


def stand_in(lost: Missing, rule: ExpectedRule, namespace: Namespace) -> Place | None:
    """Return the first rule in the lost rule's chain that differs from the lost rule only in interface names.  Return
    None if the chain has no similar rule, or if the lost rule matches no interface."""
    table = namespace.ruleset.table(rule.family, rule.table, lost.dialect)
    chain = table.chain(rule.chain) if table is not None else None
    if table is None or chain is None or not asks_interface(rule):
        return None
    wanted = _of_any_interface(rule.rule)
    found = next((each for each in chain.rules if _of_any_interface(each) == wanted), None)
    return place_of(table, rule.chain, found) if found is not None else None


def _of_any_interface(rule: Rule) -> Meaning:
    """Return the rule's meaning without its interface names.

    Only the name is removed: the field (``iif`` or ``oif``) and a negation are kept."""
    return tuple(
        msgspec.structs.replace(each, names=())
        if isinstance(each, NameMatch) and each.field in ("iif", "oif")
        else each
        for each in meaning(rule)
    )
