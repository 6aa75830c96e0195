"""Makes hairpin's own systemd units, for rules that no program of the host loads at boot.  All looped-back public
addresses share one unit, which makes the whole chain of these addresses.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from hairpin.change.calls import SetUnitState
from hairpin.change.change import AddChain, InsertRule, RuleEdit, WriteFile
from hairpin.change.commands.loading import rule_commands
from hairpin.change.commands.tool import program
from hairpin.change.commands.words import Words
from hairpin.change.intent import LOOPBACK_CHAIN, iptables_in_use
from hairpin.change.simulation.rules import as_listed
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import LoadRules, RunCommands, Step
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.ir import FieldMatch, Jump, Rule, Table
from hairpin.network.network import Network
from hairpin.remedy.remedy import Lasting, Situation

FOLDER = "/etc/systemd/system"
_PLAIN = re.compile(r"[A-Za-z0-9_./:,=!%+@-]+")
_UNIT = "hairpin-loopback.service"


def by_unit(situation: Situation, made: tuple[Step, ...], rules: tuple[InsertRule, ...] = ()) -> Lasting:
    """Return a systemd unit that carries out the steps after the engine has started.

    The unit's name contains the rules' ports and a digest of the unit's commands.  Units for other ports or hooks
    therefore have other names.  No shell interprets the commands.  A second start of the unit adds no rule, because
    each rule is deleted before it is inserted."""
    content = _unit_text(situation.cause, (each for step in made for each in _commands(step)))
    digest = hashlib.sha256(content.encode()).hexdigest()[:6]
    cause = re.sub(r"[^a-z0-9-]", "-", situation.cause)
    ports = dict.fromkeys(str(port) for rule in rules for port in _ports(rule))
    name = "-".join(("hairpin", cause, *ports, digest)) + ".service"
    return _enabled_unit(
        WriteFile(situation.host.name, f"{FOLDER}/{name}", content), situation.host, with_rules=bool(rules)
    )


def _enabled_unit(file: WriteFile, host: Host, *, with_rules: bool) -> Lasting:
    """Return the unit's file and the call that enables the unit.  If the unit is already enabled, the call is left out.
    The undo of the call would disable an enabled unit."""
    said = message("no file that hairpin read saves such rules; a new unit makes this rule again at boot")
    name = file.path.rpartition("/")[2]
    enabled = any(each.unit == name for each in host.boot_lines or ())
    return Lasting(
        files=(file,), calls=() if enabled else (SetUnitState("enable", name),), advice=(said,) if with_rules else ()
    )


def _unit_text(description: str, commands: Iterable[tuple[Words, bool]]) -> str:
    """Return the text of a unit that runs the commands once at boot, after the engine has started.  A flag of each
    command says whether the command may fail."""
    starts = "\n".join(_start(*each) for each in commands)
    return (
        f"[Unit]\nDescription=hairpin: {description}\nAfter=network.target docker.service\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\n{starts}\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def _ports(rule: InsertRule) -> Iterator[int]:
    for part in rule.rule.body:
        if isinstance(part, FieldMatch) and part.field == "dport" and not part.negated:
            yield from (first for first, last in part.ranges if first == last)


def _commands(step: Step) -> Iterator[tuple[Words, bool]]:
    """Yield each command of a step, and whether the command may fail."""
    match step:
        case RunCommands(commands=commands, entering=entering):
            yield from (((*entering, *argv), False) for argv in commands)
        case LoadRules(does=does, program=program):
            for edit in does:
                yield from rule_commands(edit, program)
        case _:
            return


def _start(argv: Words, may_fail: bool) -> str:
    """Return the line of a unit that runs a command by env(1).  systemd before 239 needs a program's path, and env(1)
    finds the program by its name."""
    return f"ExecStart={'-' if may_fail else ''}/usr/bin/env {' '.join(map(_systemd_word, argv))}"


def _systemd_word(word: str) -> str:
    """Return one word of a unit's command, quoted for systemd.  systemd knows escapes only in double quotes, and
    replaces % and $."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if _PLAIN.fullmatch(word) else f'"{escaped}"'


def is_of_loopback(rule: InsertRule) -> bool:
    """Return whether the rule is in the chain of looped-back addresses, or jumps to it."""
    return rule.chain == LOOPBACK_CHAIN or _leads_there(rule.rule)


def by_loopback_unit(situation: Situation) -> Lasting:
    """Return the unit that makes all rules of the loopback chain, including the rules from before the repair."""
    then = simulate(situation.candidate.change, situation.network)
    starts = (each for edit, name in _edits(then) for each in rule_commands(edit, name))
    content = _unit_text("public addresses of this host", starts)
    file = WriteFile(situation.host.name, f"{FOLDER}/{_UNIT}", content)
    return _enabled_unit(file, situation.host, with_rules=True)


def _edits(network: Network) -> Iterator[tuple[RuleEdit, str]]:
    """Yield the edits that make the loopback chain and the jumps to it, each with the program that makes the edit."""
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
    """Yield the loopback chain's rules in order, and then the jumps to this chain.

    Each rule is yielded with its chain and its position in the chain."""
    for chain in sorted(table.chains, key=lambda each: each.name != LOOPBACK_CHAIN):
        for rule in chain.rules:
            if chain.name == LOOPBACK_CHAIN:
                yield chain.name, rule, None
            elif _leads_there(rule):
                yield chain.name, rule, 1


def _leads_there(rule: Rule) -> bool:
    return any(isinstance(part, Jump) and part.chain == LOOPBACK_CHAIN for part in rule.body)
