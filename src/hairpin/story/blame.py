"""Finds out when a cause was made, and by which actor.  Walks decide which entries of the story made the cause.

An entry made the cause if its effect, simulated on the repaired hosts, brings the cause back.  An entry proves the good
state if its effect, simulated on the present hosts, repairs the cause.  The start of a unit or container also proves
the good state if it succeeded then and would fail now.  A snapshot that was kept while every flow passed proves the
good state, too.  Only entries after the last good state count as makers.  If a configuration file changed after an
event, the effect of the event is unknown, because the present file shows only the present effect.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Literal

import msgspec

from hairpin.change import change as c
from hairpin.change.simulation.rules import listed_rule
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.ended import containers_concerned, shape_of
from hairpin.engines.docker.daemon import starts_docker
from hairpin.events.aftermath import asked_again
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.happening import course_of, course_of_commands
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Chain, Dialect, Family
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.under_events import is_undone
from hairpin.story.entry import Actor, Effect, Story, StoryEntry
from hairpin.walk.walk import walk_flow

_MOST_EFFECTS = 60
"""The greatest number of different effects that are simulated for one cause."""
_NO_EVENTS = ("/etc/cron", "/etc/hosts", "/etc/resolv.conf")
"""The beginnings of the paths of files whose change does not alter an event's effect."""
_AGAIN: dict[EventId, EventId] = {"ufw-enable": "ufw-reload", "firewalld-start": "firewalld-restart"}
"""For each event that cannot happen twice on a host: another event that loads the same rules."""
_WRITING_S = 5.0
Role = Literal["makes", "shows-good", "neither", "unknown"]


class BlameQuestion(msgspec.Struct, frozen=True):
    """The question who made the cause ``cause`` on the host ``label``, which stops the flows ``flows``.

    ``broken``: the hosts with only this cause.  ``change``: the change that repairs the cause.  ``at``: the time at
    which the hosts were read, in seconds since the epoch."""

    cause: str
    label: str
    broken: Network
    change: c.Change
    flows: tuple[Flow, ...]
    at: float


class Blame(msgspec.Struct, frozen=True):
    """The makers of a cause.

    The cause was made between ``not_before`` and ``not_after`` (seconds since the epoch), by one of the ``entries``.
    The oldest entry comes first.  ``good``: the entry that last proves the good state."""

    not_before: float
    not_after: float
    entries: tuple[StoryEntry, ...]
    good: StoryEntry

    @property
    def actors(self) -> tuple[Actor, ...]:
        """The possible actors.  There are none if one of the entries has no actor."""
        found = tuple(dict.fromkeys(map(actor_of, self.entries)))
        named = tuple(each for each in found if each is not None)
        return named if len(named) == len(found) else ()


def blame(question: BlameQuestion, story: Story) -> Blame | None:
    """Return the makers of the cause and the time at which it was made.  Return None if no trace proves the makers and
    the time."""
    repaired = simulate(question.change, question.broken)
    if any(map(starts_docker, question.change.calls)):
        repaired = _with_docker(repaired, question.label)
    entries = newest_first(story, question.label, question.at)
    role_of = cache(partial(_role, question, repaired))
    return made_since_good(entries, lambda effect: role_of(_alike(question, effect)))


def _alike(question: BlameQuestion, effect: Effect) -> Effect:
    """Return an equivalent effect.  Only one of several equivalent effects has to be simulated.  The starts of similar
    containers that no flow concerns have the same equivalent effect."""
    mine = containers_concerned(question.flows, question.change, question.broken)
    host = question.broken.host(question.label)
    started = host.container(effect.name) if effect.event == "container-restart" and effect.name not in mine else None
    if started is None:
        return effect
    shape = shape_of(started)
    names = (each.name for each in host.containers() if each.name not in mine and shape_of(each) == shape)
    return msgspec.structs.replace(effect, name=next(names))


def made_since_good(entries: Iterable[StoryEntry], role_of: Callable[[Effect], Role]) -> Blame | None:
    """Return the blame of the entries that made the cause after the last good state.  ``entries``: the newest entry
    first.

    Return None if no entry made the cause, if no entry proves a good state, or if the effect of an entry is unknown."""
    roles: dict[Effect, Role] = {}
    makers: list[StoryEntry] = []
    configured: list[StoryEntry] = []
    for entry in entries:
        if entry.kind == "kept":
            return _blame(makers, entry)
        if entry.effect is None:
            if _configures(entry):
                configured.append(entry)
            continue
        if entry.effect not in roles:
            if len(roles) == _MOST_EFFECTS:
                return None
            roles[entry.effect] = role_of(entry.effect)
        match roles[entry.effect]:
            case "makes":
                if entry.effect.event is None or all(_is_written_by(entry, each) for each in configured):
                    makers.append(entry)
            case "shows-good":
                return _blame(makers, entry)
            case "unknown":
                return None  # the unknown effect may have repaired the host, so earlier entries prove nothing
            case "neither":
                pass
    return None


def _blame(makers: list[StoryEntry], good: StoryEntry) -> Blame | None:
    """Return the blame of the makers since the good state.  ``makers``: the newest maker first.  A repeated action is
    reported only with its first and its last time."""
    if not makers:
        return None
    made = [makers[-1]]
    for each in reversed(makers[:-1]):
        again = len(made) > 1 and all((one.by, one.effect) == (each.by, each.effect) for one in made[-2:])
        made[len(made) - int(again) :] = [each]
    return Blame(made[0].at, _end(made[-1]), tuple(made), good)


def actor_of(entry: StoryEntry) -> Actor | None:
    """Return the actor of the entry: the actor that the trace names, or otherwise the entry's unit or package."""
    if entry.by is not None:
        return entry.by
    match entry.kind:
        case "unit" | "firewall" | "engine":
            return Actor("unit", entry.subject, entry.evidence)
        case "package":
            return Actor("package", entry.subject, entry.evidence)
        case _:
            return None


def _with_docker(network: Network, label: str) -> Network:
    """Return the network in which dockerd runs on the host and answers, as it does after its start."""
    host = network.host(label)
    replace = msgspec.structs.replace
    engines = tuple(replace(each, running=True) if each.kind == "docker" else each for each in host.engines)
    contacts = tuple(replace(each, state="answers") if each.kind == "docker" else each for each in host.contacts)
    return network.with_host(replace(host, engines=engines, contacts=contacts))


def newest_first(story: Story, label: str, at: float) -> tuple[StoryEntry, ...]:
    """Return the entries of the host up to the given time (seconds since the epoch), the newest entry first.  An entry
    that stands for several times is returned once for each time."""
    mine = (
        msgspec.structs.replace(each, at=time, until=each.until if time == each.at else None, before=())
        for each in story.entries
        if each.host in ("", label)
        for time in (*each.before, each.at)
    )
    return tuple(sorted((each for each in mine if each.at <= at), key=lambda each: each.at, reverse=True))


def _configures(entry: StoryEntry) -> bool:
    return entry.kind == "file" and entry.subject.startswith("/etc/") and not entry.subject.startswith(_NO_EVENTS)


def _is_written_by(entry: StoryEntry, file: StoryEntry) -> bool:
    """Return whether the program of the entry writes the changed file itself, as ufw writes its rules."""
    assert entry.effect is not None
    soon = file.at <= _end(entry) + _WRITING_S
    return soon and str(entry.effect.event).startswith("ufw-") and file.subject.startswith("/etc/ufw/")


def _end(entry: StoryEntry) -> float:
    return entry.at if entry.until is None else entry.until


def _role(question: BlameQuestion, repaired: Network, effect: Effect) -> Role:
    again = course_of_effect(repaired, question.label, effect)
    then = course_of_effect(question.broken, question.label, effect)
    if again is not None and not again.missing and _makes(question, repaired, again):
        return "makes"
    if then is None and _is_start_of_wanted(question, effect):
        return "shows-good"
    if then is None:
        # Commands of unknown effect are no proven makers.  An event of unknown effect may have repaired the host.
        return "neither" if effect.commands else "unknown"
    if then.failures and again is not None and not again.failures:
        return "shows-good"  # the unit or container started at the entry's time, and would fail to start now
    made = [is_made(each, then.network) for each in question.change.parts]
    # If the effect makes no part of the repair but the flows pass, they pass by another path.  If it makes some parts,
    # the flows decide whether these suffice: a restart of dockerd restores its rules, but FORWARD's policy only
    # sometimes.
    is_whole, is_other = True in made and False not in made, True not in made and False in made
    if is_whole or (not is_other and all(_passes(question.broken, then, each) for each in question.flows)):
        return "shows-good"
    return "unknown" if then.missing else "neither"


def _is_start_of_wanted(question: BlameQuestion, effect: Effect) -> bool:
    """Return whether the effect starts the daemon or container whose start repairs the cause."""
    if effect.event == "docker-restart":
        return any(map(starts_docker, question.change.calls))
    missed = {each.container.name for each in question.change.parts if isinstance(each, c.AddNamespace)}
    return effect.event == "container-restart" and effect.name in missed


def _makes(question: BlameQuestion, repaired: Network, again: Course) -> bool:
    """Return whether the effect, on the repaired hosts, brings the cause back: it undoes the repair, and a flow fails
    afterwards.  If the repair has parts that cannot be compared, a diagnosis decides."""
    made = [is_made(each, again.network) for each in question.change.parts]
    if None in made:
        return is_undone(question.cause, repaired, again, question.flows)
    return False in made and not all(_passes(repaired, again, each) for each in question.flows)


def course_of_effect(network: Network, label: str, effect: Effect) -> Course | None:
    """Return the course of the effect on the host; None if the event cannot happen there, or if its effect is
    unknown."""
    if effect.commands:
        return course_of_commands(network, label, effect.commands)
    if effect.event is None:
        return None
    course, again = course_of(network, label, effect.event, effect.name), _AGAIN.get(effect.event)
    return course_of(network, label, again) if course is None and again is not None else course


def _passes(was: Network, then: Course, flow: Flow) -> bool:
    return walk_flow(then.network, asked_again(was, then.network, flow)).succeeds


def is_made(part: c.Primitive, network: Network) -> bool | None:
    """Return whether the network is in the state that the part of a change makes; None if the network does not show
    this."""
    match part:
        case c.SetSysctl(netns=netns, path=path, value=value):
            return netns in network and network.namespace(netns).sysctls.values.get(path) == value
        case c.InsertRule(netns=netns, dialect=dialect, family=family, table=table, chain=chain):
            listed = _texts(network, netns, (dialect, family, table), chain)
            return listed_rule(part) in listed or part.rule.text in listed
        case c.DeleteRule(netns=netns, place=place):
            return place.text not in _texts(network, netns, (place.dialect, place.family, place.table), place.chain)
        case c.AddChain(netns=netns, dialect=dialect, family=family, table=table, chain=chain):
            return _chain(network, netns, (dialect, family, table), chain) is not None
        case c.SetPolicy(netns=netns, place=place, policy=policy):
            found = _chain(network, netns, (place.dialect, place.family, place.table), place.chain)
            return ((found.policy if found is not None else None) or "accept") == policy
        case c.SetLink(netns=netns, link=link):
            held = network.namespace(netns).link(link.name) if netns in network else None
            return held is not None and (held.up, held.master) == (link.up, link.master)
        case _:
            return None


def _chain(network: Network, netns: Netns, key: tuple[Dialect, Family, str], chain: str) -> Chain | None:
    dialect, family, name = key
    table = network.namespace(netns).ruleset.table(family, name, dialect) if netns in network else None
    return table.chain(chain) if table is not None else None


def _texts(network: Network, netns: Netns, key: tuple[Dialect, Family, str], chain: str) -> tuple[str, ...]:
    found = _chain(network, netns, key, chain)
    return tuple(each.text for each in found.rules) if found is not None else ()
