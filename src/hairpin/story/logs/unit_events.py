"""Maps the starts, stops and reloads of units to the events of ``events/``, and units to their packages."""

from functools import cache

from hairpin.events.event import EventId
from hairpin.events.registry import all_events
from hairpin.programs import program_of
from hairpin.story.entry import Effect, Verb

_STOP_COMMANDS = {"nftables.service": "nft flush ruleset"}
"""The effects of units' ``ExecStop=`` commands that no event simulates."""


def unit_effect(unit: str, verb: Verb) -> Effect | None:
    """Return the effect of a unit's start, stop or reload on the network; None if no effect is known."""
    if verb in ("start", "restart") and unit.startswith("wg-quick@"):
        return Effect(event="vpn-up")
    event = _by_unit().get((unit, verb))
    if event is not None:
        return Effect(event=event)
    command = _STOP_COMMANDS.get(unit) if verb == "stop" else None
    return None if command is None else Effect(commands=command)


@cache
def _by_unit() -> dict[tuple[str, Verb], EventId]:
    """Return the event for each unit and verb."""
    return {(full_name(name), verb): each.id for each in all_events() for name in each.units for verb in each.verbs}


def packages_of_unit(unit: str) -> tuple[str, ...]:
    """Return the packages whose installation restarts the unit."""
    found = program_of(unit.removesuffix(".service"))
    return (*found.packages, *found.pulled_by) if found is not None else ()


def full_name(unit: str) -> str:
    """Return the unit's whole name.  For systemctl, ``docker`` means ``docker.service``."""
    if "." in unit and unit.rpartition(".")[2] in ("service", "socket", "timer", "target", "mount", "path", "scope"):
        return unit
    return f"{unit}.service"
