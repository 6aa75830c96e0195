"""Finds the causes: every module in a folder beside this one, and those of other packages.

A module in such a folder is a cause and has a ``CAUSE``.  A module whose name begins with an underscore has code that
several causes share.  Any other module is an error, because a misspelt name would hide a cause.  A ``CAUSE`` gets its
id from the module's name, and its ``find``, ``of_host``, ``of_flows`` and ``foresees`` from the module's functions of
these names.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Literal

import msgspec

import hairpin.causes
from hairpin.causes.cause import Cause, id_of, of_no_flows, of_no_host, of_nothing_coming
from hairpin.causes.order import OF_FLOWS, TO_COME
from hairpin.causes.reasons import ASKED_AT
from hairpin.walk.state import Reason

_GROUP = "hairpin.causes"
_STATES = "hairpin.causes.states."
DOORS = ("find", "of_host", "of_flows", "foresees")
"""The functions of a module that the registry looks for."""


@cache
def cause_modules() -> tuple[str, ...]:
    """Return the full names of the cause modules: those in the folders whose names have no leading underscore."""
    modules = [
        each.name for each in pkgutil.walk_packages(hairpin.causes.__path__, "hairpin.causes.") if not each.ispkg
    ]
    in_folders = [name for name in modules if name.count(".") == 3]
    return tuple(name for name in in_folders if not name.rpartition(".")[2].startswith("_"))


@cache
def all_causes() -> tuple[Cause, ...]:
    """Return every cause, in the order of their ids."""
    return _loaded(cause_modules())


def _loaded(modules: Iterable[str]) -> tuple[Cause, ...]:
    """Return the causes of the modules and those of other packages, in the order of their ids."""
    return tuple(sorted((*map(_of_module, modules), *_of_others()), key=lambda each: each.id))


@cache
def _of_module(name: str) -> Cause:
    module = importlib.import_module(name)
    cause = getattr(module, "CAUSE", None)
    if not isinstance(cause, Cause):
        raise TypeError(f"{name} has no CAUSE: a module that is no cause has a name with a leading underscore")
    return _completed(cause, module)


def _completed(cause: Cause, module: ModuleType) -> Cause:
    """Return the cause with the id and the functions of its module."""
    own = {door: vars(module)[door] for door in DOORS if door in vars(module)}
    return msgspec.structs.replace(cause, id=cause.id or id_of(module.__name__), **own)


@cache
def _of_others() -> tuple[Cause, ...]:
    """Return the causes that other packages bring: entry points of the group ``hairpin.causes``.

    Most machines have no such package, and ``importlib.metadata`` is a fifth of what hairpin loads.  So it is imported
    only if a package names the group.  Source: packaging.python.org, "Entry points specification"."""
    if not any(_GROUP in each.read_text("utf-8", "replace") for each in _entry_point_files()):
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415

    loaded = ((point.load(), importlib.import_module(point.module)) for point in entry_points(group=_GROUP))
    return tuple(_completed(cause, module) for cause, module in loaded if isinstance(cause, Cause))


def _entry_point_files() -> Iterator[Path]:
    for folder in sys.path:
        for pattern in ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt"):
            yield from Path(folder or ".").glob(pattern)


@cache
def docstrings() -> Mapping[str, str]:
    """Return the docstring of each cause's module, by the cause's id; empty where it has none."""
    told = {each.id: _modules().get(each.id, each.find.__module__) for each in all_causes()}
    return {id_: inspect.getdoc(importlib.import_module(name)) or "" for id_, name in told.items()}


@cache
def folders() -> Mapping[str, str]:
    """Return the folder of each cause of this package, by the cause's id."""
    return {id_of(name): name.split(".")[2] for name in cause_modules()}


@cache
def canonical_id(name: str) -> str:
    """Return the id of the cause that has the name as its id or as an alias; the name itself if none has."""
    return next((each.id for each in all_causes() if name in each.aliases), name)


def cause_of(id_: str) -> Cause:
    """Return this package's cause with that id, without loading any other."""
    return _of_module(_modules()[id_])


def known_cause(id_: str) -> Cause | None:
    """Return the cause with that id, of this package without loading any other, or of another package; else None."""
    if id_ in _modules():
        return cause_of(id_)
    return next((each for each in _of_others() if each.id == id_), None)


@cache
def _modules() -> Mapping[str, str]:
    """Return the full names of the cause modules by the ids of their causes."""
    return {id_of(name): name for name in cause_modules()}


def fixed_with_of(cause: str) -> Literal["", "container", "network"]:
    """Return what has to be recreated to repair the cause of this id; empty: nothing."""
    found = known_cause(cause)
    return found.fixed_with if found is not None else ""


def is_on_purpose(cause: str) -> bool:
    """Return whether an administrator or the engine stops these flows on purpose."""
    found = known_cause(cause)
    return found is not None and found.on_purpose


@cache
def causes_for(reason: Reason) -> tuple[Cause, ...]:
    """Return the causes that look at this kind of stop.  No other one of this package is loaded."""
    return tuple(each for each in _loaded(_asked_at(reason, "any")) if reason in each.reasons)


@cache
def general_causes() -> tuple[Cause, ...]:
    """Return the causes that look at a flow's whole path, whatever the stop is.  No other one of this package is
    loaded."""
    return tuple(each for each in _loaded(_asked_at("general")) if each.general)


def _asked_at(*words: str) -> Iterator[str]:
    """Yield the modules of the causes whose row has one of the words, and of those that have no row."""
    for id_, name in _modules().items():
        told = ASKED_AT.get(id_)
        if told is None or not {*told.split()}.isdisjoint(words):
            yield name


@cache
def causes_of_hosts() -> tuple[Cause, ...]:
    """Return the causes that look at hosts.  This package's are in the folder ``states``: a healthy host loads no
    other one."""
    states = tuple(each for each in cause_modules() if each.startswith(_STATES))
    return tuple(each for each in _loaded(states) if each.of_host is not of_no_host)


def causes_to_come() -> Iterator[Cause]:
    """Yield the causes that may name a fault after an event, in the order in which they are asked.  Modules load one by
    one, so a caller that stops at the first fitting cause loads no others."""
    yield from (cause_of(id_) for id_ in TO_COME)
    yield from (each for each in _of_others() if each.foresees is not of_nothing_coming)


def causes_of_flows() -> Iterator[Cause]:
    """Yield the causes that look at the traces of all asked flows, in the order of the report."""
    yield from (cause_of(id_) for id_ in OF_FLOWS)
    yield from (each for each in _of_others() if each.of_flows is not of_no_flows)
