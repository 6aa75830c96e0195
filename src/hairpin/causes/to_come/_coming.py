"""Predicates and values about an event, and about the cause that is found after the event."""

import re

from hairpin.causes.kit import Coming, Host, OfRule, OfSysctl, Place
from hairpin.causes.order import PUTTING_BACK
from hairpin.host.boot.rule_keeper import NFTABLES_CONF, rule_keeper, saved_files
from hairpin.host.boot.saved_rules import rule_of, rules_of
from hairpin.host.boot.sysctl_files import Setting, last_word
from hairpin.host.link import ENGINE_BRIDGE
from hairpin.netfilter.meaning import meaning
from hairpin.programs import chains_of, having_role
from hairpin.walk.decided import RuleDecided
from hairpin.walk.walked import walked

OF_FIREWALLD = ("firewalld-start", "firewalld-restart", "firewalld-reload")
OF_NFTABLES = ("nftables-restart", "nftables-reload")
_OF_ENGINE = re.compile(rf"\b(?:{'|'.join(chains_of('engine'))})|(?:{ENGINE_BRIDGE})\b")


def loses_engine_rules(coming: Coming) -> bool:
    """Return whether the event deletes rules that an engine made."""
    return coming.found.candidate.in_class in PUTTING_BACK


def setting_of(coming: Coming) -> Setting | None:
    """Return the line of a file that decides the sysctl which stops the packet.

    Return None if the line does not set the value that the sysctl has after the event."""
    where = coming.found.candidate.where
    if not isinstance(where, OfSysctl):
        return None
    said = last_word(where.sysctl, coming.host.files)
    return said if said is not None and said.value == where.value else None


def stopping_rule(coming: Coming) -> Place | None:
    """Return the rule or policy that stops the packet after the event, or None."""
    where, stop = coming.found.candidate.where, coming.found.stop
    decided = stop.decided_by if stop is not None else None
    if isinstance(where, OfRule):
        return where.place
    return decided.place if isinstance(decided, RuleDecided) else None


def brought_translation(coming: Coming) -> Place | None:
    """Return the first rule that changes the packet's destination after the event, or None if this rule exists already
    before the event."""
    destination = coming.flow.daddr
    for step in walked(coming.then, coming.flow).usual.request:
        earlier, destination = destination, step.packet.daddr
        if destination == earlier or not isinstance(step.decided_by, RuleDecided):
            continue
        place = step.decided_by.place
        table = coming.was.namespace(step.netns).ruleset.table(place.family, place.table, place.dialect)
        before = table.chain(place.chain) if table is not None else None
        known = before is not None and any(rule.text == place.text for rule in before.rules)
        return None if known else place
    return None


def engine_rule_of_the_file(coming: Coming) -> Place | None:
    """Return the rule in an engine's form that stops or misdirects the packet after a saved file is loaded.

    Return None if no file of the host has the rule.  A rule that no file has was made by the engine itself."""
    for place in (stopping_rule(coming), brought_translation(coming)):
        of_engine = place is not None and _OF_ENGINE.search(f"{place.chain} {place.text}") is not None
        if place is not None and of_engine and is_saved(coming.host, place):
            return place
    return None


def is_saved(host: Host, place: Place) -> bool:
    """Return whether a file that the host loads has the rule."""
    if place.dialect == "nft":
        return any(each.path in NFTABLES_CONF for each in host.files)
    chain = (place.family, place.table, place.chain)
    known = rule_of(*chain, place.text)
    return known is not None and any(
        meaning(each) == meaning(known)
        for file, family in saved_files(host)
        if family == place.family
        for each in rules_of(file, *chain)
    )


def managers(host: Host) -> tuple[str, ...]:
    """Return the names of the firewall managers that load their own rules at boot, or whose rules are loaded now."""
    enabled = {each.name.removesuffix(".service") for each in host.units if each.is_enabled}
    keeper = rule_keeper(host)
    return tuple(
        each.name for each in having_role("firewall") if each.name == keeper or not enabled.isdisjoint(each.units)
    )
