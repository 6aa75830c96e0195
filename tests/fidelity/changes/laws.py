"""The laws of changes, on a random network and a random change of it.

Simulating a change equals reading the network after its steps were carried out.  Undoing the steps leads back.  The
undo goes through JSON before the first step runs, as for another process.  The shown commands, typed into a shell, make
the same change, and typed in again they change nothing.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from random import Random
from signal import SIGSEGV
from typing import cast

import msgspec

from hairpin.carry.run import carry_out
from hairpin.change import change as c
from hairpin.change.commands.carrying import carrying
from hairpin.change.commands.text import all_shown, command_lines
from hairpin.change.expect import entry_key
from hairpin.change.simulation.entries import table_of
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import LoadRules, RunCommands, Step, for_replica, nature, steps_from_json, steps_to_json, undo
from hairpin.change.steps import refusal_of, steps
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.read.parse import parse
from hairpin.host.route import FdbEntry, Neighbour
from hairpin.network.network import Network
from tests.fidelity.changes.likeness import PARTS
from tests.fidelity.changes.random_change import random_change
from tests.fidelity.generate.case import case_of
from tests.fidelity.testbed.ask import standing
from tests.fidelity.testbed.netns import Netns, SetupError

_PATIENCE_S = 60.0
"""The time after which routes follow a lost carrier: up to a second, and longer on a busy machine."""
_PARTS = 4
_CRASHED = f"nft ended with status -{SIGSEGV}"
"""nft 1.0.6 crashes on each rule with a chain without a name (``goto { … }``) that is added behind an index or a
handle."""
_SHELL_CRASHED = 128 + SIGSEGV


class Outcome(msgspec.Struct, frozen=True):
    """The result for one network: how many changes, by kind, and the laws that did not hold."""

    seed: int
    made: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    left_out: str = ""


def judge(seed: int) -> Outcome:
    """Change a random network and undo it."""
    try:
        with standing(case_of(seed)) as (namespaces, read):
            outcome = _judged(seed, namespaces, lambda: Network((parse(read()),)))
        with standing(case_of(seed)) as (namespaces, read):
            told = _typed_twice(seed, namespaces, lambda: Network((parse(read()),)))
            return msgspec.structs.replace(outcome, differences=(*outcome.differences, *told))
    except SetupError as error:
        return Outcome(seed, left_out=str(error).splitlines()[0])


def _judged(seed: int, namespaces: dict[str, Netns], read: Callable[[], Network]) -> Outcome:
    before = read()
    change, after = drawn_change(Random(f"change {seed}"), before)  # noqa: S311
    made = steps(change, before)
    kinds = tuple(map(_kind, change.parts))
    unfit = [str(said) for step in made[:1] if (said := refusal_of(step, before)) is not None]
    unfit += [f"no undo: {all_shown((step,))}" for step in made if step.undo is None or nature(step) != "reversible"]
    if unfit:
        return Outcome(seed, kinds, tuple(unfit))
    text = steps_to_json(undo(made))
    told = [*_carried_out(made, namespaces)]
    if not told:
        told += (f"simulated: {each}" for each in _settled(after, read))
    told += _carried_out(steps_from_json(text), namespaces)
    told += (f"undone: {each}" for each in _settled(before, read))
    return Outcome(seed, kinds, tuple(told and (*told, *all_shown(made), "---", *all_shown(steps_from_json(text)))))


def _kind(part: c.Primitive) -> str:
    entry = type(part.entry).__name__ if isinstance(part, c.AddEntry | c.DeleteEntry | c.ReplaceEntry) else None
    return type(part).__name__ if entry is None else type(part).__name__.replace("Entry", entry)


def drawn_change(random: Random, network: Network) -> tuple[c.Change, Network]:
    """Return a change of a few parts that fit and can be undone, and the network after it."""
    parts: list[c.InKernel] = []
    for _ in range(random.randint(1, _PARTS) * 3):
        part = random_change(random, network)
        if part is None or len(parts) == _PARTS:
            continue
        change = c.Change((part,))
        try:
            after = simulate(change, network)
        except ChangeError:
            continue
        undone = all(step.undo is not None for step in steps(change, network))
        if undone and all(_stands(each, after) for each in (*parts, part)):
            parts.append(part)
            network = after
    return c.Change(tuple(parts)), network


def _stands(part: c.InKernel, after: Network) -> bool:
    """Return whether the part, made again alone, changes nothing.

    A neighbour goes with the link's last address; a sysctl of all links spreads only if it changes.  Typed in twice,
    such parts in that order lead elsewhere, whatever the commands are.  Rules are looked for before they are made."""
    if isinstance(part, c.InsertRule | c.DeleteRule):
        return True
    if isinstance(part, c.ReplaceEntry) and not _is_there(part.entry, after.namespace(part.netns)):
        return False  # `ip route replace` would add it: a later part has deleted it
    try:
        again = simulate(c.Change((part,)), after)
    except ChangeError:
        return True
    if isinstance(part, c.AddEntry) and not isinstance(part.entry, Neighbour):
        # The kernel refuses a second one of these.
        return _entries(again.namespace(part.netns)) <= _entries(after.namespace(part.netns))
    return not any(_differences(after, again))


def _is_there(entry: c.Entry, namespace: Namespace) -> bool:
    return isinstance(entry, FdbEntry) or entry_key(entry) in map(entry_key, table_of(namespace, entry))


def _entries(namespace: Namespace) -> set[object]:
    # A second address of the same subnet is a secondary one.
    addresses = (msgspec.structs.replace(each, secondary=False) for each in namespace.addresses)
    return {*addresses, *namespace.routes, *namespace.rules, *namespace.fdb}


def _carried_out(made: tuple[Step, ...], namespaces: dict[str, Netns]) -> Iterator[str]:
    for step in made:
        assert isinstance(step, RunCommands | LoadRules)
        with namespaces[step.netns.name].entered():
            said = carry_out(carrying(for_replica(step)))
        if _CRASHED in str(said):
            raise SetupError(f"{all_shown((step,))}: {said}")
        if said:
            yield f"{all_shown((step,))}: {said}"
            return


def _typed_twice(seed: int, namespaces: dict[str, Netns], read: Callable[[], Network]) -> tuple[str, ...]:
    """Type the shown commands of the same change into a shell, twice, and return how the network differs each time."""
    before = read()
    change, after = drawn_change(Random(f"change {seed}"), before)  # noqa: S311
    made = steps(change, before)
    told: list[str] = []
    for times in ("once", "twice"):
        _typed_in(made, namespaces)
        told += (f"typed in {times}: {each}" for each in _settled(after, read))
    return tuple(told and (*told, *all_shown(made)))


def _typed_in(made: tuple[Step, ...], namespaces: dict[str, Netns]) -> None:
    """Type the shown commands into a shell, whatever their status is: they may say that all was made before."""
    for step in made:
        assert isinstance(step, RunCommands | LoadRules)
        with namespaces[step.netns.name].entered():
            for command in command_lines(for_replica(step)):
                ended = subprocess.run(("sh", "-c", command), capture_output=True, check=False)
                if ended.returncode == _SHELL_CRASHED:
                    raise SetupError(f"{command}: the tool crashed")


def _settled(wanted: Network, read: Callable[[], Network]) -> tuple[str, ...]:
    """Return the differences that remain after a while."""
    until = time.monotonic() + _PATIENCE_S
    found = tuple(_differences(wanted, read()))
    while found and time.monotonic() < until:
        found = tuple(_differences(wanted, read()))
    return found


def _differences(wanted: Network, found: Network) -> Iterator[str]:
    for netns, namespace in wanted.namespaces():
        for part in PARTS:
            one, other = part(namespace), part(found.namespace(netns))
            if one != other:
                yield f"{netns} {part.__name__}: {_short(one, other)}"


def _short(one: object, other: object) -> str:
    """Return the lines of both values that the other one lacks."""
    ours, theirs = _lines(one), _lines(other)
    lacking, surplus = ([each for each in a if each not in b] for a, b in ((ours, theirs), (theirs, ours)))
    return f"only wanted {lacking}, only found {surplus}"


def _lines(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}: {each}" for key, each in cast("dict[object, object]", value).items()]
    return [str(each) for each in cast("list[object]", value)]
