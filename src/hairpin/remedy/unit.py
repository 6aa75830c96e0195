"""A systemd unit of hairpin's own, for what nothing on the host loads at boot."""

import hashlib
import re
from collections.abc import Iterator

from hairpin.change.calls import SetUnitState
from hairpin.change.change import InsertRule, WriteFile
from hairpin.change.step import Step
from hairpin.change.text import all_shown
from hairpin.message import message
from hairpin.netfilter.ir import FieldMatch
from hairpin.remedy.remedy import Lasting, Situation


def by_unit(situation: Situation, made: tuple[Step, ...], rules: tuple[InsertRule, ...] = ()) -> Lasting:
    """Return a systemd unit that makes the steps after the engine has started.  Its name has the rules' ports and a
    digest of its commands, so that units for other ports or hooks stand beside it."""
    starts = "\n".join(f"ExecStart=/bin/sh -c {_systemd_word(each)}" for each in all_shown(made))
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


def _systemd_word(command: str) -> str:
    """Return the command as one word of a unit: systemd has escapes only in double quotes, and replaces % and $."""
    one_line = command.replace(" \\\n", " ")
    escaped = one_line.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
