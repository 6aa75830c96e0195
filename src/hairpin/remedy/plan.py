"""Makes a cause's remedies: the steps of a change, and the steps that keep each part."""

import re
from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Way
from hairpin.change.change import AddChain, Change, InsertRule, Primitive, WriteFile
from hairpin.change.commands.text import advice
from hairpin.change.simulation.in_turn import makes_again
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Ask
from hairpin.change.steps import host_of, steps
from hairpin.engines.docker.daemon import RepairCalls, calls_with_start
from hairpin.engines.missing import Missing, missing_in
from hairpin.host.host import Host
from hairpin.message import Message, message, verbatim
from hairpin.network.attachment import has_passing_bridge
from hairpin.network.network import Network
from hairpin.remedy.boot.engine import started
from hairpin.remedy.boot.lasting import BY_PERSON, DISRUPTIVE, KINDS, Kind, kind_of, lasting, without_owned_files
from hairpin.remedy.in_turn import renumbered_candidate
from hairpin.remedy.remedy import Lasting, Remedy, SideEffect, Situation


def remedies(cause: str, candidate: Candidate, network: Network, now: Network | None = None) -> tuple[Remedy, ...]:
    """Return a cause's remedies: first the cause's change, if it is a repair, then the other ways.

    A way without a change is advice for a person.  Disruptive remedies come last.  ``now``: the network after the
    repairs that are printed before this repair.  If ``now`` is None, ``network`` is used.
    """
    ways = ((Way(candidate.change),) if candidate.offered else ()) + candidate.ways
    made = tuple(each for way in ways for each in _remedy(cause, candidate, way, network, now or network))
    return tuple(sorted(made, key=lambda each: each.rank))


def _remedy(cause: str, of_cause: Candidate, way: Way, network: Network, now: Network) -> Iterator[Remedy]:
    """Yield the remedy for all parts of a way's change.  Yield nothing if the way has neither parts nor advice."""
    if not way.change.parts and not way.change.calls:
        if way.said:
            told = (*way.said, *map(verbatim, way.typed))
            yield Remedy("by-hand", (), advice=told, by_person=way.by_person, typed=way.typed)
        return
    candidate = msgspec.structs.replace(of_cause, change=way.change)
    lost = _lost(candidate, network)
    again = makes_again(candidate.change, network, now)
    candidate = candidate if again else renumbered_candidate(candidate, network, now)
    change = candidate.change
    told_to = _asked(change, network, now)
    whole = msgspec.structs.replace(change, calls=(*told_to.start, *told_to.calls))
    made = steps(whole, network if again else now)
    network = now
    situation = Situation(network, cause, candidate, made, lost)
    chosen: dict[Kind, list[Primitive]] = {}
    for part in change.parts:
        chosen.setdefault(kind_of(part, situation), []).append(part)
    if not change.parts and change.calls:
        # the change only starts a daemon, and this start changes nothing in the kernel's network
        chosen["start-engine"] = []
    kinds = sorted(chosen, key=KINDS.index)
    kept: list[Lasting] = [started(situation.host, told_to.start)] if told_to.start else []
    for kind in kinds:
        found = without_owned_files(lasting(kind, tuple(chosen[kind]), situation), situation)
        kept.append(found)
        # If several kinds of remedies write the same file, each kind sees the text that the earlier kinds wrote.
        situation = msgspec.structs.replace(situation, network=simulate(Change(found.files), situation.network))
    first = way.change == of_cause.change
    by_person = way.by_person or kinds[0] in DISRUPTIVE
    own = (*advice(made), *way.said, *(candidate.advice if first else ()))
    told = (*own, *(each for found in kept for each in found.advice), *_passing(kept, situation.host))
    effects = (
        *told_to.effects,
        *(candidate.side_effects if first else ()),
        *(each for found in kept for each in found.side_effects),
    )
    yield Remedy(
        id=kinds[0],
        steps=tuple(step for step in made if isinstance(step, Ask)) if kinds[0] in BY_PERSON else made,
        keeping=steps(Change(_last_of_each(kept)), network)
        + steps(Change((), tuple(dict.fromkeys(each for found in kept for each in found.calls))), network),
        side_effects=tuple(SideEffect(each) for each in _once(effects)),
        advice=_once(told),
        by_person=by_person,
        cuts=first and candidate.cuts,
        change=way.change,
    )


def _passing(kept: list[Lasting], host: Host) -> Iterator[Message]:
    """Yield the advice on lasting parts that name a bridge, if the next ``compose up`` gives this bridge
    another name."""
    files = (each.text or "" for found in kept for each in found.files)
    text = "\n".join((*files, *(str(found.calls) for found in kept)))
    for each in (one for engine in host.engines for one in engine.networks if has_passing_bridge(one)):
        if each.bridge is not None and re.search(rf"(?<![\w.-]){re.escape(each.bridge)}(?![\w.-])", text):
            yield message(
                "after the next `compose down`, {bridge} gets another name, and the saved part of this repair does not "
                "know that name. Set the bridge's name in the compose file (driver_opts: "
                "com.docker.network.bridge.name) before you keep this repair",
                bridge=each.bridge,
            )


def _asked(change: Change, network: Network, now: Network) -> RepairCalls:
    """Return the calls of the change, and before them the calls that start dockerd, if the change needs dockerd."""
    was, is_now = (host_of(change.parts[0], each) if change.parts else each.this for each in (network, now))
    return calls_with_start(was, is_now, change.calls)


def _lost(candidate: Candidate, network: Network) -> tuple[Missing, ...]:
    """Return the missing chains and rules of the host's engines where the change adds a chain or rule: on the host, or
    in the namespace of a user's dockerd; none if it adds none there."""
    added = (part.netns for part in candidate.change.parts if isinstance(part, (AddChain, InsertRule)))
    own = next((each for each in added if each.is_host or each.is_rootless_dockerds), None)
    return tuple(lost for _, lost in missing_in(network.this, own)) if own is not None else ()


def _last_of_each(kept: list[Lasting]) -> tuple[WriteFile, ...]:
    """Return each file once, with the text of the last kind of remedy that wrote the file."""
    return tuple({each.path: each for found in kept for each in found.files}.values())


def _once(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(dict.fromkeys(messages))
