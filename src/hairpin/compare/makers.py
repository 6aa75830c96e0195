"""Finds the actor that made a difference, if the later host's traces prove this.

The effect of each entry between the two readings is simulated on the earlier host, and on the later host without the
difference.  If an effect brings the difference, the actor of the entry has made the difference.  Changed files, units
and packages have their own entries in the traces.

A bug of iptables may cause a lost jump, because some versions of iptables confuse two rules.  In a version with this
bug, ``iptables -D`` deletes the wrong jump, or ``iptables -C`` makes an engine believe that its jump exists.
"""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from hairpin.compare.deciding import Mixer
from hairpin.compare.edit import HostTaken, NotWalked, RulesTaken
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.mixing import Sides, taken_rules
from hairpin.compare.ruleset_differences import bodies_of
from hairpin.events.course import Course
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter.ir import Jump
from hairpin.network.network import Network
from hairpin.story.blame import Blame, Role, course_of_effect, made_since_good, newest_first
from hairpin.story.entry import Effect, EntryKind, Story, StoryEntry

DifferencesOf = Callable[[Network, Network], tuple[Sides, tuple[ListedDifference, ...]]]
"""A function that finds the differences between two networks."""
_MOST_COURSES = 300
"""The greatest number of effects that are simulated."""
_PACKAGE = "package:"
_FEW = 3
_UNKNOWN = message("no version of iptables")


class Between(msgspec.Struct, frozen=True):
    """The story of the later host for the time between the two readings.  ``since`` and ``until``: the times of the two
    readings, in seconds since the epoch.  ``evidence``: the traces."""

    story: Story
    evidence: Evidence
    since: float
    until: float


def with_makers(
    told: tuple[ListedDifference, ...], mixer: Mixer, between: Between, differences_of: DifferencesOf
) -> tuple[ListedDifference, ...]:
    """Return the listed differences, with ``blame`` if one actor is proven to have made the difference."""
    label = mixer.sides.now.this.name
    entries = tuple(e for e in newest_first(between.story, label, between.until) if e.at >= between.since)
    if not entries:
        return told
    good = StoryEntry(between.since, "kept", message("the earlier reading"), label, "", host=label)
    trials = _Trials(mixer, label, differences_of)
    numbers = {each.ref: number for number, each in enumerate(mixer.differences)}
    decided: list[ListedDifference] = []
    for each in told:
        if isinstance(each.edit, NotWalked):
            found = _of_subject(each, entries, good)
        else:
            found = made_since_good((*entries, good), partial(trials.role, numbers[each.ref]))
        decided.append(msgspec.structs.replace(each, blame=found) if found is not None and _is_one(found) else each)
    return tuple(decided)


def _is_one(found: Blame) -> bool:
    """Return whether a single actor made the difference, or a single entry without an actor."""
    return len(found.entries) == 1 or len(found.actors) == 1


def _of_subject(difference: ListedDifference, entries: tuple[StoryEntry, ...], good: StoryEntry) -> Blame | None:
    """Return the blame of the only entry about the package, the unit or the file; None if there is no such entry, or if
    there are several."""
    kinds: dict[str, EntryKind] = {"versions": "package", "units": "unit", "files": "file"}
    kind, name = kinds.get(difference.part), str(difference.where).removeprefix(_PACKAGE)
    found = tuple(each for each in entries if (each.kind, each.subject) == (kind, name))
    return Blame(found[0].at, found[0].until or found[0].at, found, good) if len(found) == 1 else None


class _Outcome(msgspec.Struct, frozen=True):
    """The differences that remain between the later network and a network after an effect.  ``is_unsure``: whether a
    part of the effect is unknown."""

    open: frozenset[object]
    is_unsure: bool


class _Trials:
    """Simulates effects.  Each effect is simulated only once on the same network."""

    def __init__(self, mixer: Mixer, label: str, differences_of: DifferencesOf) -> None:
        self._mixer = mixer
        self._label = label
        self._differences_of = differences_of
        self._keys = tuple(frozenset(_keys(each, mixer.sides)) for each in mixer.differences)
        self._all = frozenset(range(len(mixer.differences)))
        self._known: dict[tuple[frozenset[int], Effect], _Outcome | None] = {}

    def role(self, number: int, effect: Effect) -> Role:
        """Return the effect's role in the difference with the given number."""
        first = self._after(frozenset(), effect)
        if self._makes(number, first) or self._makes(number, self._after(self._all - {number}, effect)):
            return "makes"
        then = self._after(self._all, effect)
        if then is None:
            # Commands that cannot be simulated do not count as makers of the difference.  An event may have made the
            # difference.
            return "neither" if effect.commands or (first is not None and not first.is_unsure) else "unknown"
        if not self._keys[number].isdisjoint(then.open):
            return "shows-good"
        return "unknown" if then.is_unsure else "neither"

    def _makes(self, number: int, outcome: _Outcome | None) -> bool:
        return outcome is not None and not outcome.is_unsure and self._keys[number].isdisjoint(outcome.open)

    def _after(self, chosen: frozenset[int], effect: Effect) -> _Outcome | None:
        key = (chosen, effect)
        if key not in self._known:
            if len(self._known) >= _MOST_COURSES:
                return None
            course = course_of_effect(self._mixer.network(chosen), self._label, effect)
            self._known[key] = None if course is None else self._outcome(course)
        return self._known[key]

    def _outcome(self, course: Course) -> _Outcome:
        sides, found = self._differences_of(course.network, self._mixer.sides.now)
        return _Outcome(frozenset(key for each in found for key in _keys(each, sides)), bool(course.missing))


def _keys(difference: ListedDifference, sides: Sides) -> Iterator[object]:
    """Yield the keys that identify the difference in another comparison with the same later network.

    A rule's key contains the parts of the rule instead of its number, because the number may differ.  A container's
    key only says whether the container runs, because its exit status is not simulated."""
    match difference.edit:
        case RulesTaken(rules=rules):
            for each in rules:
                yield each.table, each.chain, each.was is None, bodies_of(taken_rules(sides, each))
        case HostTaken(item="container" | "state", name=name, tool=tool):
            yield name, *(_runs(side.this, tool, name) for side in (sides.was, sides.now))
        case _:
            yield difference.part, difference.netns, str(difference.where)


def _runs(host: Host, tool: str, name: str) -> bool | None:
    engines = (each for each in host.engines if each.kind == tool)
    return next((one.running for each in engines for one in each.containers if one.name == name), None)


def lost_jumps(sides: Sides, differences: tuple[ListedDifference, ...]) -> Iterator[Message]:
    """Yield a sentence for each lost jump, with iptables' version and package in both snapshots.

    No sentence is yielded if many jumps are lost.  A person or a program deletes many jumps, a bug of iptables only a
    few."""
    found = tuple(_found(sides, differences))
    yield from found if len(found) <= _FEW else ()


def _found(sides: Sides, differences: tuple[ListedDifference, ...]) -> Iterator[Message]:
    for each in differences:
        if not isinstance(each.edit, RulesTaken) or len(each.edit.rules) != 1:
            continue
        (taken,) = each.edit.rules
        rules = taken_rules(sides, taken) if taken.was is not None else ()
        jump = next((part for rule in rules[:1] for part in rule.body if isinstance(part, Jump)), None)
        if jump is not None and taken.table.dialect.startswith("iptables"):
            yield message(
                "{ref}: the jump to {chain} is lost. Earlier snapshot: {before}; later snapshot: {after}",
                ref=each.ref,
                chain=jump.chain,
                before=_version(sides.was.this),
                after=_version(sides.now.this),
            )


def _version(host: Host) -> Message | str:
    """Return a text such as ``iptables v1.8.9 (nf_tables), package 1.8.9-2``, without parts that were not read."""
    packages = (each.text for each in host.versions if each.program in ("package:iptables", "package:iptables-nft"))
    found = (host.version("iptables"), next((f"package {each}" for each in packages), None))
    return ", ".join(each for each in found if each) or _UNKNOWN
