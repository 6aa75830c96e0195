"""The one unit that makes the chain of looped-back public addresses again at boot, for all its addresses and ports."""

from collections.abc import Iterator
from typing import Literal

from hairpin.change.change import AddChain, InsertRule, RuleEdit, WriteFile
from hairpin.change.commands.loading import program, rule_commands
from hairpin.change.intent import LOOPBACK_CHAIN, iptables_in_use
from hairpin.change.simulation.listed import as_listed
from hairpin.change.simulation.simulate import simulate
from hairpin.netfilter.ir import Jump, Rule, Table
from hairpin.network.network import Network
from hairpin.remedy.boot.unit import FOLDER, enabled_unit, unit_text
from hairpin.remedy.remedy import Lasting, Situation

_UNIT = "hairpin-loopback.service"


def is_of_loopback(rule: InsertRule) -> bool:
    """Return whether the rule stands in the chain of looped-back addresses, or leads to it."""
    return rule.chain == LOOPBACK_CHAIN or _leads_there(rule.rule)


def by_loopback_unit(situation: Situation) -> Lasting:
    """Return the unit with all rules of the chain, those that were there before the repair, too."""
    then = simulate(situation.candidate.change, situation.network)
    starts = (each for edit, name in _edits(then) for each in rule_commands(edit, name))
    content = unit_text("public addresses of this host", starts)
    file = WriteFile(situation.host.name, f"{FOLDER}/{_UNIT}", content)
    return enabled_unit(file, situation.host, with_rules=True)


def _edits(network: Network) -> Iterator[tuple[RuleEdit, str]]:
    """Yield what makes the chain and the jumps to it, each with its program."""
    netns = network.this.netns
    ruleset = network.namespace(netns).ruleset
    dialect = iptables_in_use(ruleset, network.this)
    families: tuple[Literal["ip", "ip6"], ...] = ("ip", "ip6")
    for family in families:
        table = ruleset.table(family, "nat", dialect)
        if table is None or table.chain(LOOPBACK_CHAIN) is None:
            continue
        name = program(dialect, family, network.this.version("iptables"))
        yield AddChain(netns, dialect, family, "nat", LOOPBACK_CHAIN), name
        for chain, rule, position in _rules(table):
            yield as_listed(InsertRule(netns, dialect, family, "nat", chain, rule, position)), name


def _rules(table: Table) -> Iterator[tuple[str, Rule, int | None]]:
    """Yield the chain's rules in order, and then the jumps to it, each with its chain and the position that it gets."""
    for chain in sorted(table.chains, key=lambda each: each.name != LOOPBACK_CHAIN):
        for rule in chain.rules:
            if chain.name == LOOPBACK_CHAIN:
                yield chain.name, rule, None
            elif _leads_there(rule):
                yield chain.name, rule, 1


def _leads_there(rule: Rule) -> bool:
    return any(isinstance(part, Jump) and part.chain == LOOPBACK_CHAIN for part in rule.body)
