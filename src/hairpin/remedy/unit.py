"""A systemd unit of hairpin's own, for what nothing on the host loads at boot."""

import hashlib
import re
from collections.abc import Iterator

from hairpin.change.calls import SetUnitState
from hairpin.change.change import InsertRule, WriteFile
from hairpin.change.loading import rule_commands
from hairpin.change.step import LoadRules, RunCommands, Step
from hairpin.change.words import Words
from hairpin.message import message
from hairpin.netfilter.ir import FieldMatch
from hairpin.remedy.remedy import Lasting, Situation

_PLAIN = re.compile(r"[A-Za-z0-9_./:,=!%+@-]+")


def by_unit(situation: Situation, made: tuple[Step, ...], rules: tuple[InsertRule, ...] = ()) -> Lasting:
    """Return a systemd unit that makes the steps after the engine has started.  Its name has the rules' ports and a
    digest of its commands, so that units for other ports or hooks stand beside it.

    No shell reads what stands in it.  A rule is deleted before it is inserted, so that a second start adds none."""
    starts = "\n".join(_start(*each) for step in made for each in _commands(step))
    digest = hashlib.sha256(starts.encode()).hexdigest()[:6]
    cause = re.sub(r"[^a-z0-9-]", "-", situation.cause)
    ports = dict.fromkeys(str(port) for rule in rules for port in _ports(rule))
    name = "-".join(("hairpin", cause, *ports, digest)) + ".service"
    content = (
        f"[Unit]\nDescription=hairpin: {situation.cause}\nAfter=network.target docker.service\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\n{starts}\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )
    return Lasting(
        files=(WriteFile(situation.host.name, f"/etc/systemd/system/{name}", content),),
        calls=(SetUnitState("enable", name),),
        advice=(message("nothing that was read saves such rules; a unit of its own makes this one again at boot"),)
        if rules
        else (),
    )


def _ports(rule: InsertRule) -> Iterator[int]:
    for part in rule.rule.body:
        if isinstance(part, FieldMatch) and part.field == "dport" and not part.negated:
            yield from (first for first, last in part.ranges if first == last)


def _commands(step: Step) -> Iterator[tuple[Words, bool]]:
    """Yield each command of a step, and whether it may fail."""
    match step:
        case RunCommands(commands=commands, entering=entering):
            yield from (((*entering, *argv), False) for argv in commands)
        case LoadRules(does=does, program=program):
            for edit in does:
                yield from rule_commands(edit, program)
        case _:
            return


def _start(argv: Words, may_fail: bool) -> str:
    """Return the line of a unit: systemd before 239 finds no program by its name alone, which env(1) does."""
    return f"ExecStart={'-' if may_fail else ''}/usr/bin/env {' '.join(map(_systemd_word, argv))}"


def _systemd_word(word: str) -> str:
    """Return one word of a unit's command: systemd has escapes only in double quotes, and replaces % and $."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if _PLAIN.fullmatch(word) else f'"{escaped}"'
