"""fail2ban is restarted: it deletes its chains and jumps, and makes them again with the bans in its database.

fail2ban inserts each jump at the head of a chain, so the jump comes before all rules that were added later.  A jail
without a ban has no rule until its next ban.

Source: fail2ban config/action.d/iptables.conf, iptables-ipset.conf, nftables.conf; server/actions.py
"""

from collections.abc import Iterator

from hairpin.change.change import DeleteChain, DeleteRule, InsertRule, Primitive
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import unit
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import Chain, Jump, Rule, SetMatch, Table
from hairpin.programs import FAIL2BAN

_OWN = FAIL2BAN.chains
"""How the names of fail2ban's chains, sets and tables begin."""


def _restarted(course: Course) -> Course | None:
    """Return the course after the restart; None if fail2ban does not run, or has no rules."""
    found, tables = unit(course.host, "fail2ban"), course.namespace.ruleset.tables
    if (found is None and course.host.units) or (found is not None and found.active != "active"):
        return None
    if not any(each.name.startswith(_OWN) or any(_has_own(chain) for chain in each.chains) for each in tables):
        return None
    for each in tables:
        if each.dialect != "nft":  # fail2ban makes its nftables table again with the same hook priority
            course = course.made(*_moves(course, each))
    return course.provided(message("fail2ban bans the same addresses again"))


def _has_own(chain: Chain) -> bool:
    return chain.name.startswith(_OWN) or any(map(_is_own, chain.rules))


def _is_own(rule: Rule) -> bool:
    """Return whether the rule jumps to one of fail2ban's chains, or matches one of its sets."""
    names = (each.set for each in rule.body if isinstance(each, SetMatch))
    return any(each.startswith(_OWN) for each in (*_targets(rule), *names))


def _moves(course: Course, table: Table) -> Iterator[Primitive]:
    """Yield the moves of fail2ban's jumps to the heads of their chains, and the deletions of the chains of jails
    without a ban."""
    netns, empty = course.host.netns, {each.name for each in table.chains if _bans_nobody(each)}
    for chain in table.chains:
        if chain.name.startswith(_OWN):
            continue
        own = [each for each in chain.rules if _is_own(each)]
        yield from (DeleteRule(netns, place_of(table, chain.name, each)) for each in reversed(own))
        back = [each for each in own if not empty & _targets(each)]
        for number, rule in enumerate(back, 1):
            yield InsertRule(netns, table.dialect, table.family, table.name, chain.name, rule, number)
    for chain in table.chains:
        if chain.name in empty:
            yield from (DeleteRule(netns, place_of(table, chain.name, each)) for each in reversed(chain.rules))
            yield DeleteChain(netns, table.dialect, table.family, table.name, chain.name)


def _bans_nobody(chain: Chain) -> bool:
    return chain.name.startswith(_OWN) and len(chain.rules) <= 1


def _targets(rule: Rule) -> set[str]:
    return {each.chain for each in rule.body if isinstance(each, Jump)}


FAIL2BAN_RESTART = Event(
    id="fail2ban-restart",
    title=message("fail2ban is restarted"),
    source="fail2ban config/action.d, server/actions.py; fail2ban-client(1)",
    happens=_restarted,
    units=("fail2ban",),
    command="systemctl restart fail2ban",
)
