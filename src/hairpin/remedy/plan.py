"""Finds the kinds of remedy (every module beside this one that has a ``REMEDY``) and makes a cause's remedies."""

import importlib
import pkgutil
from functools import cache

import msgspec

import hairpin.remedy
from hairpin.causes.cause import Candidate
from hairpin.change.change import AddChain, InsertRule, Primitive
from hairpin.change.commands import advice, commands
from hairpin.engines.missing import Missing, missing
from hairpin.host.managers import ConfigFile
from hairpin.message import Message
from hairpin.network.network import Network
from hairpin.remedy.remedy import Lasting, PersistFile, Remedy, RemedyKind, Situation


@cache
def all_kinds() -> tuple[RemedyKind, ...]:
    """Return every kind, by its order."""
    found: list[RemedyKind] = []
    for module in pkgutil.iter_modules(hairpin.remedy.__path__):
        kind = getattr(importlib.import_module(f"hairpin.remedy.{module.name}"), "REMEDY", None)
        if isinstance(kind, RemedyKind):
            found.append(kind)
    return tuple(sorted(found, key=lambda each: (each.order, each.id)))


def remedies(cause: str, candidate: Candidate, network: Network) -> tuple[Remedy, ...]:
    """Return what repairs a cause, best first.  Its parts may be kept in different ways; the remedy is one."""
    situation = Situation(network, cause, candidate, commands(candidate.change, network), _lost(candidate, network))
    chosen: dict[str, list[Primitive]] = {}
    for part in candidate.change.parts:
        kind = next((each for each in all_kinds() if each.handles(part, situation)), None)
        if kind is not None:
            chosen.setdefault(kind.id, []).append(part)
    kept: list[Lasting] = []
    for kind in all_kinds():
        if kind.id in chosen:
            lasting = kind.lasting(tuple(chosen[kind.id]), situation)
            kept.append(lasting)
            situation = _having_written(situation, lasting.files)
    if not kept:
        return ()
    first = next(kind for kind in all_kinds() if kind.id in chosen)
    # What a person would have to do for single parts is moot where one command makes the whole.
    by_hand = () if candidate.change.commands else advice(candidate.change)
    return (
        Remedy(
            id=first.id,
            commands=candidate.change.commands if first.by_person else situation.commands,
            persist=_last_of_each(kept),
            persist_commands=tuple(dict.fromkeys(each for lasting in kept for each in lasting.commands)),
            side_effects=_once((*candidate.side_effects, *(each for lasting in kept for each in lasting.side_effects))),
            advice=_once((*by_hand, *candidate.advice, *(each for lasting in kept for each in lasting.advice))),
        ),
    )


def _lost(candidate: Candidate, network: Network) -> tuple[Missing, ...]:
    """Return what the engines lack, when the change puts chains or rules into the host at all."""
    if not any(isinstance(part, (AddChain, InsertRule)) and part.netns.is_host for part in candidate.change.parts):
        return ()
    host = network.this
    namespace = network.namespace(host.netns)
    return tuple(missing(engine, namespace, host.version("iptables")) for engine in host.engines)


def _having_written(situation: Situation, files: tuple[PersistFile, ...]) -> Situation:
    """Return the situation in which those files are as they will be, for the kinds that write the same ones."""
    host = situation.host
    written = {each.file: each.content for each in files}
    kept = tuple(
        msgspec.structs.replace(each, text=written.pop(each.path)) if each.path in written else each
        for each in host.files
    )
    changed = msgspec.structs.replace(host, files=(*kept, *(ConfigFile(path, text) for path, text in written.items())))
    network = situation.network.with_host(changed)
    return msgspec.structs.replace(situation, network=network)


def _last_of_each(kept: list[Lasting]) -> tuple[PersistFile, ...]:
    """Return each file once: its last content, and what it held before the first."""
    files: dict[str, PersistFile] = {}
    for lasting in kept:
        for each in lasting.files:
            earlier = files.get(each.file)
            files[each.file] = each if earlier is None else msgspec.structs.replace(each, before=earlier.before)
    return tuple(files.values())


def _once(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(dict.fromkeys(messages))
