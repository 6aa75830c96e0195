"""Finds the causes: every module beside this one that has a ``CAUSE`` (or ``CAUSES``), and those of other packages."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import hairpin.causes
from hairpin.causes.cause import Cause
from hairpin.walk.state import Reason


@cache
def all_causes() -> tuple[Cause, ...]:
    """Return every cause, by id."""
    found: list[Cause] = []
    for module in pkgutil.iter_modules(hairpin.causes.__path__):
        loaded = importlib.import_module(f"hairpin.causes.{module.name}")
        cause = getattr(loaded, "CAUSE", None)
        if isinstance(cause, Cause):
            found.append(cause)
    for point in entry_points(group="hairpin.causes"):
        cause = point.load()
        if isinstance(cause, Cause):
            found.append(cause)
    return tuple(sorted(found, key=lambda each: each.id))


@cache
def causes_for(reason: Reason) -> tuple[Cause, ...]:
    """Return the causes that look at this kind of stop."""
    return tuple(each for each in all_causes() if reason in each.reasons)
