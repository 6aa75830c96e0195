"""Finds the events: every module beside this one that has an ``EVENT``."""

import importlib
import importlib.util
import pkgutil
from functools import cache

import hairpin.events
from hairpin.events.event import EVENT_IDS, Event, EventId

_PARTS = frozenset({"aftermath", "course", "event", "happening", "registry"})


@cache
def event_of(id_: EventId) -> Event | None:
    """Return the event, and load no other one; None if nobody can foretell it."""
    name = f"hairpin.events.{id_.replace('-', '_')}"
    if importlib.util.find_spec(name) is None:
        return None
    event: Event = importlib.import_module(name).EVENT
    return event


@cache
def all_events() -> tuple[Event, ...]:
    """Return every event, in the order of the closed list."""
    names = (each.name for each in pkgutil.iter_modules(hairpin.events.__path__))
    modules = (name for name in names if name not in _PARTS and not name.startswith("_"))
    found: list[Event] = [importlib.import_module(f"hairpin.events.{name}").EVENT for name in modules]
    return tuple(sorted(found, key=lambda each: EVENT_IDS.index(each.id)))
