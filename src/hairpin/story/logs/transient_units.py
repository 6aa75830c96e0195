"""Finds commands that systemd-run ran, from the descriptions of the units that systemd-run made.

If a person runs systemd-run by sudo, sudo logs a line about it.  Source: systemd src/run/run.c, src/core/job.c
"""

import re
from collections.abc import Iterator

from hairpin.message import message
from hairpin.story.commands.deeds import effect_of_command
from hairpin.story.commands.people import commands_of
from hairpin.story.entry import Actor, Effect, StoryEntry
from hairpin.story.traces import Traces

_STARTED = re.compile(
    r"Started (?:(?P<unit>run-[a-z0-9]+\.(?:service|scope)) - )?(?:\[systemd-run\] )?(?P<command>/.*?)\.?$", re.DOTALL
)
"""Matches systemd's line about a started unit.  Before version 249, this line lacks the unit's name."""
_SOON_S = 2.0


def is_transient(unit: str) -> bool:
    """Return whether the unit's name was chosen by systemd-run."""
    return re.fullmatch(r"run-[a-z0-9]+\.(service|scope|timer)", unit) is not None


def transient_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the commands that systemd-run started and that may change the network, if no log shows the
    call of systemd-run itself."""
    typed = [each.at for each in commands_of(traces) if "systemd-run" in each.text]
    for line in traces.lines("trace-units"):
        told = _STARTED.match(line.message) if line.program == "systemd" and line.pid in ("", "1") else None
        unit = line.unit or (told["unit"] if told is not None else "") or ""  # syslog has the unit in the message alone
        if told is None or not is_transient(unit) or any(at - _SOON_S <= line.at <= at + _SOON_S for at in typed):
            continue
        command = told["command"].strip()
        effect = effect_of_command(command)
        if effect is None:
            continue
        yield StoryEntry(
            at=line.at,
            kind="command",
            what=message("systemd-run started `{command}` as {unit}", command=command, unit=unit),
            subject=unit,
            evidence=line.evidence,
            by=Actor("unit", unit, line.evidence),
            effect=effect if effect != Effect() else None,
            quote=line.message,
            host=traces.host,
        )
