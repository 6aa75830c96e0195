"""Finds the events.  An event is each ``Event`` that a module of the subfolders, or the module ``unchanged``, defines.

Modules with a leading underscore hold code that events share, and models that few hosts need."""

import importlib
import pkgutil
from functools import cache

import hairpin.events
from hairpin.events.event import EVENT_IDS, Event, EventId


@cache
def event_modules() -> tuple[str, ...]:
    """Return the full names of the modules that may define events."""
    found = (each.name for each in pkgutil.walk_packages(hairpin.events.__path__, "hairpin.events.") if not each.ispkg)
    in_folders = (name for name in found if name.count(".") == 3)
    return ("hairpin.events.unchanged", *(each for each in in_folders if not each.rpartition(".")[2].startswith("_")))


@cache
def _events() -> dict[EventId, Event]:
    modules = [importlib.import_module(name) for name in event_modules()]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Event)]
    return {each.id: each for each in sorted(found, key=lambda one: EVENT_IDS.index(one.id))}


def event_of(id_: EventId) -> Event:
    """Return the event with this id."""
    return _events()[id_]


def all_events() -> tuple[Event, ...]:
    """Return every event, in the order of ``EVENT_IDS``."""
    return tuple(_events().values())


@cache
def events_by_themselves() -> tuple[Event, ...]:
    """Return the events that come by themselves or in the ordinary maintenance of a host.

    The event with the narrowest effect comes first."""
    found = [(each.by_itself.reach, each) for each in all_events() if each.by_itself is not None]
    return tuple(each for _, each in sorted(found, key=lambda one: one[0]))
