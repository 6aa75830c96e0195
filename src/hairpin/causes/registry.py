"""Finds the causes: the modules in the folders beside this file, and the causes that other packages bring.

A module in these folders defines a cause as ``CAUSE``, or its name begins with an underscore and it has code that
several causes share.  Any other module is an error, because a misspelt name would hide a cause.  A ``CAUSE`` gets its
id from the module's name.  A ``CAUSE`` gets ``find``, ``of_host``, ``of_flows`` and ``foresees`` from the module's
functions of these names.  Its candidates lose the calls that nobody would carry out (``deaf_owners``).
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Literal

import msgspec

import hairpin.causes
from hairpin.causes.cause import (
    AskedFlows,
    Candidate,
    Cause,
    View,
    at_no_stop,
    id_of,
    of_no_flows,
    of_no_host,
    of_nothing_coming,
)
from hairpin.causes.order import TO_COME
from hairpin.causes.signs import OF_FLOWS, STATES
from hairpin.host.host import Host
from hairpin.walk.state import Reason

_GROUP = "hairpin.causes"
DOORS = ("find", "of_host", "of_flows", "foresees")
"""The names of the functions that the registry takes from a cause's module."""


@cache
def cause_modules() -> tuple[str, ...]:
    """Return the full names of the cause modules.  A cause module is in a folder, and its name has no leading
    underscore."""
    return tuple(
        f"hairpin.causes.{folder.name}.{each.name}"
        for folder in pkgutil.iter_modules(hairpin.causes.__path__)
        if folder.ispkg
        for each in pkgutil.iter_modules([f"{path}/{folder.name}" for path in hairpin.causes.__path__])
        if not each.name.startswith("_")
    )


@cache
def all_causes() -> tuple[Cause, ...]:
    """Return every cause, in the order of their ids."""
    return _loaded(cause_modules())


def _loaded(modules: Iterable[str]) -> tuple[Cause, ...]:
    """Return the causes of these modules and the causes of other packages, in the order of their ids."""
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
    whole = msgspec.structs.replace(cause, id=cause.id or id_of(module.__name__), **own)
    if whole.find is at_no_stop:
        return whole
    return msgspec.structs.replace(whole, find=_obeyed_candidates(whole.find))


def _obeyed_candidates(find: Callable[[View], Iterator[Candidate]]) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields the candidates of ``find``, each without the calls that nobody carries out."""

    @wraps(find)
    def found(view: View) -> Iterator[Candidate]:
        from hairpin.causes.deaf_owners import with_obeyed_calls  # noqa: PLC0415 - on a healthy host no packet stops

        return (with_obeyed_calls(each, view.host) for each in find(view))

    return found


@cache
def _of_others() -> tuple[Cause, ...]:
    """Return the causes that other packages bring as entry points of the group ``hairpin.causes``.

    Most machines have no such package, and ``importlib.metadata`` would be a fifth of the code that hairpin loads.
    ``importlib.metadata`` is imported only if some package has entry points of the group ``hairpin.causes``.
    Source: packaging.python.org, "Entry points specification"."""
    if not any(map(_brings_causes, filter(Path.is_dir, (Path(each or ".") for each in sys.path)))):
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415

    loaded = ((point.load(), importlib.import_module(point.module)) for point in entry_points(group=_GROUP))
    return tuple(_completed(cause, module) for cause, module in loaded if isinstance(cause, Cause))


def _brings_causes(folder: Path) -> bool:
    """Return whether a package in the folder has entry points of the group ``hairpin.causes``."""
    packages = (each for each in folder.iterdir() if each.name.endswith((".dist-info", ".egg-info")))
    files = (each / "entry_points.txt" for each in packages)
    return any(each.is_file() and _GROUP.encode() in each.read_bytes() for each in files)


@cache
def docstrings() -> Mapping[str, str]:
    """Return the docstring of each cause's module by the cause's id.  The text is empty if the module has no
    docstring."""
    told = {each.id: _modules().get(each.id, each.find.__module__) for each in all_causes()}
    return {id_: inspect.getdoc(importlib.import_module(name)) or "" for id_, name in told.items()}


@cache
def folders() -> Mapping[str, str]:
    """Return the folder of each cause of this package, by the cause's id."""
    return {id_of(name): name.split(".")[2] for name in cause_modules()}


@cache
def canonical_id(name: str) -> str:
    """Return the id of the cause that has the name as its alias.  If no cause has this alias, return the name
    itself."""
    return next((each.id for each in all_causes() if name in each.aliases), name)


def cause_of(id_: str) -> Cause:
    """Return this package's cause with that id.  No other cause of this package is loaded."""
    return _of_module(_modules()[id_])


def known_cause(id_: str) -> Cause | None:
    """Return the cause with that id, of this package or of another package; None if there is no such cause.

    No other cause of this package is loaded."""
    if id_ in _modules():
        return cause_of(id_)
    return next((each for each in _of_others() if each.id == id_), None)


@cache
def _modules() -> Mapping[str, str]:
    """Return the full names of the cause modules by the ids of their causes."""
    return {id_of(name): name for name in cause_modules()}


def fixed_with_of(cause: str) -> Literal["", "container", "network"]:
    """Return the kind of object that the repair of the cause recreates: ``container``, ``network``, or an empty
    text."""
    found = known_cause(cause)
    return found.fixed_with if found is not None else ""


def is_on_purpose(cause: str) -> bool:
    """Return whether an administrator or an engine wants the cause with this id to stop flows."""
    found = known_cause(cause)
    return found is not None and found.on_purpose


@cache
def causes_for(reason: Reason) -> tuple[Cause, ...]:
    """Return the causes that look at stops of this reason.  No other cause of this package is loaded."""
    return tuple(each for each in _loaded(_asked_at(reason, "any")) if reason in each.reasons)


@cache
def general_causes() -> tuple[Cause, ...]:
    """Return the causes that look at a flow's whole path, whatever the reason of the stop is.  No other cause of this
    package is loaded."""
    return tuple(each for each in _loaded(_asked_at("general")) if each.general)


def _asked_at(*words: str) -> Iterator[str]:
    """Yield the modules of the causes whose row in ``ASKED_AT`` has one of the words, and of the causes without a
    row."""
    from hairpin.causes.reasons import ASKED_AT  # noqa: PLC0415 - on a healthy host no packet stops

    for id_, name in _modules().items():
        told = ASKED_AT.get(id_)
        if told is None or not {*told.split()}.isdisjoint(words):
            yield name


def causes_of_host(host: Host) -> Iterator[Cause]:
    """Yield the causes that look at hosts and that may find something on this host, in the order of their ids.

    Only the causes with a sign on the host are loaded."""
    signed = {id_ for id_, signs in STATES.items() if any(sign(host) for sign in signs)}
    for each in _loaded(_modules()[id_] for id_ in signed):
        if each.of_host is not of_no_host:
            yield each


def causes_to_come() -> Iterator[Cause]:
    """Yield the causes that may name a fault after an event, in the order in which they are asked.

    Modules are loaded one by one, so a caller that stops at the first fitting cause does not load the remaining
    modules."""
    yield from (cause_of(id_) for id_ in TO_COME)
    yield from (each for each in _of_others() if each.foresees is not of_nothing_coming)


def causes_of_flows(asked: AskedFlows) -> Iterator[Cause]:
    """Yield the causes that look at the traces of all asked flows and that may find something, in the order in which
    the report names them.  Only the causes with a sign are loaded."""
    yield from (cause_of(id_) for id_, has_sign in OF_FLOWS.items() if has_sign(asked))
    yield from (each for each in _of_others() if each.of_flows is not of_no_flows)
