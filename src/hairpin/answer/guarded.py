"""Finds in what a guard kept since when a cause is there, and who made it.

A guard holds the host against its expectations after each burst of changes, so it knows the round in which a cause
came.  That is evidence only if the guard has watched without a gap since then: the same run of the guard still lives,
it could watch the part of the host that the cause is about, the kernel never had more to tell than fitted, and the host
could be read each time.  The makers are those who changed the cause's own element in that burst, or while the host was
read.  Whoever is not known stays unknown.
"""

import re
from collections.abc import Iterator

from hairpin.answer.answer import CauseAnswer
from hairpin.change import change as c
from hairpin.host.route import Neighbour, PolicyRule, Route
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.network import Network
from hairpin.story.blame import Blame, is_made
from hairpin.story.entry import StoryEntry
from hairpin.story.guarded import Guarded, GuardedCause, GuardedChange, GuardedRound, entry_of, guarded_of
from hairpin.story.traces import Traces

LATE_S = 60.0
"""A guard that has said nothing for this time hangs, or its process is gone."""
_READING_S = 0.5
"""The guard hears at once after the round what the kernel told while the host was read.  The reading may show it."""
_COUNTS = re.compile(r"packets \d+ bytes \d+|\[\d+:\d+\]")
_OF_RULES = c.InsertRule | c.DeleteRule | c.SetPolicy | c.AddChain
_LEGACY = "iptables-legacy"
"""The detail of a change of the tables of iptables-legacy."""
Element = tuple[str, str]
"""A part of the host, as a guard names it, and the thing in it; an empty text for anything."""


def cause_key(cause: CauseAnswer) -> GuardedCause:
    """Return what stays the same of a cause while nobody touches it: no count, no number of a rule."""
    place: object = getattr(cause.candidate.where, "place", None)
    rule = f" ({place.chain} {_COUNTS.sub('', place.text)})" if isinstance(place, Place) else ""
    return GuardedCause(cause.id, f"{cause.candidate.title}{rule}")


def is_told(cause: CauseAnswer) -> bool:
    """Return whether a guard keeps when the cause came: it stops a flow now."""
    return cause.severity == "blocking" and cause.proof is not None and bool(cause.flows)


def is_unmoved(cause: CauseAnswer, before: Network) -> bool:
    """Return whether the cause's own rule or setting was in the earlier network, too, as far as that can be told: then
    something else made the packet meet it."""
    place: object = getattr(cause.candidate.where, "place", None)
    parts = [is_made(each, before) for each in cause.candidate.change.parts]
    if isinstance(place, Place):
        parts += [is_made(c.DeleteRule(each.netns, place), before) for each in cause.candidate.change.parts
                  if isinstance(each, _OF_RULES)]  # fmt: skip
    return True not in parts and False in parts


def guarded_blame(cause: CauseAnswer, traces: Traces, read_at: float) -> Blame | None:
    """Return since when the cause is there, and its makers as far as they are known.  ``read_at``: when the host was
    read for the answer, in seconds since the epoch.  None if no guard of the host can tell."""
    told = guarded_of(traces)
    elements = tuple(_elements(cause.candidate.change))
    rounds = _rounds_without_gap(told, read_at, frozenset(part for part, _ in elements))
    key = cause_key(cause)
    for number in range(len(rounds) - 1, 0, -1):
        found = rounds[number]
        if key in found.gone:
            return None  # it came again, after what this trace tells
        if key in found.came:
            # The same cause in other words came and went in this round, so it is not new.
            if found.first or any(each.id == key.id for each in found.gone):
                return None
            # What was changed while the host was read is told by the next round.
            later = rounds[number + 1 : number + 2]
            settled = (bool(later) or told.runs[-1].settled >= found.until) and key not in found.unmoved
            burst = (*found.changes, *(each for one in later for each in one.changes if _is_soon(each, found)))
            makers = _makers(burst, elements) if settled else ()
            return _blame(rounds[number - 1], found, tuple(makers), (told.evidence, traces.host))
    return None


def _rounds_without_gap(told: Guarded, read_at: float, parts: frozenset[str]) -> tuple[GuardedRound, ...]:
    """Return the rounds since which the guard has watched these parts without a gap until the host was read, the oldest
    first."""
    run = told.runs[-1] if told.runs else None
    if run is None or parts.intersection(run.blind) or not -LATE_S <= read_at - run.heard <= LATE_S:
        return ()
    found: list[GuardedRound] = []
    for each in reversed(told.rounds):
        if each.guard != run.number or each.failed or parts.intersection(each.blind):
            break
        if each.at > read_at:
            continue
        found.append(each)
        if each.more or any(one.part == "unseen" for one in each.changes):
            break
    return tuple(reversed(found))


def _is_soon(change: GuardedChange, came: GuardedRound) -> bool:
    return change.at <= came.until + _READING_S


def _blame(
    before: GuardedRound, came: GuardedRound, makers: tuple[GuardedChange, ...], place: tuple[str, str]
) -> Blame:
    evidence, host = place
    good = StoryEntry(
        at=before.at,
        kind="kept",
        what=message("the guard held the host against its expectations, and this cause was not there"),
        subject=host,
        evidence=evidence,
        host=host,
    )
    entries = tuple(dict.fromkeys(entry_of(each, evidence, host) for each in makers))
    if not entries:
        return Blame(before.at, came.until, (), good)
    return Blame(entries[0].at, max(each.at for each in entries), entries, good)


def _makers(changes: tuple[GuardedChange, ...], elements: tuple[Element, ...]) -> Iterator[GuardedChange]:
    """Yield the changes of one of the elements, each maker once, the oldest change first.  What the kernel tells a
    second time without a name, as netconf tells what fanotify told, is left out."""
    exact = [each for each in changes if any(_concerns(each, one) for one in elements)]
    named = {part for part, name in elements if name and part != "rules"}
    vague = [each for each in changes if not each.detail and each.part in named]
    told: set[object] = set()
    for each in exact or vague:
        if each.by not in told:
            told.add(each.by)
            yield each


def _concerns(change: GuardedChange, element: Element) -> bool:
    part, name = element
    if change.part != part:
        return False
    if part == "rules":
        return change.detail.startswith(_LEGACY) == (name == _LEGACY)
    return not name or change.detail == name or change.detail in _copied_to(name)


def _copied_to(setting: str) -> tuple[str, ...]:
    """Return the settings whose writing the kernel copies to this one.

    Source: net/ipv4/devinet.c inet_forward_change()"""
    words = setting.split(".")
    if words[:2] != ["net", "ipv4"] and words[:2] != ["net", "ipv6"]:
        return ()
    if words[-1] not in ("forwarding", "ip_forward"):
        return ()
    return ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding") if words[1] == "ipv4" else (
        "net.ipv6.conf.all.forwarding",
    )  # fmt: skip


def _setting(path: Path) -> str:
    return ".".join(path)


def _elements(change: c.Change) -> Iterator[Element]:
    """Yield the elements of the host's own namespace that the cause's repair changes: a guard watches no other."""
    for part in change.parts:
        match part:
            case c.WriteFile(path=path):
                yield "files", path.rpartition("/")[2]
            case c.SetSysctl(netns=netns, path=path) if netns.is_host:
                yield "sysctls", _setting(path)
            case c.ReplaceSysctls(netns=netns, values=values) if netns.is_host:
                yield from (("sysctls", _setting(path)) for path, _ in values)
            case c.SetLink(netns=netns) | c.RenameLink(netns=netns) | c.DeleteLink(netns=netns) if netns.is_host:
                yield "links", ""
            case c.AddEntry(netns=netns, entry=entry) | c.DeleteEntry(netns=netns, entry=entry) if netns.is_host:
                yield _part_of(entry), ""
            case c.ReplaceEntry(netns=netns, entry=entry) if netns.is_host:
                yield _part_of(entry), ""
            case (
                c.AddChain(netns=netns) | c.DeleteChain(netns=netns) | c.InsertRule(netns=netns)
                | c.DeleteRule(netns=netns) | c.SetPolicy(netns=netns) | c.ReplaceTable(netns=netns)
                | c.ReplaceRuleset(netns=netns) | c.SetDormant(netns=netns)
            ) if netns.is_host:  # fmt: skip
                yield "rules", _LEGACY if _dialect_of(part) == _LEGACY else ""
            case _:
                pass


def _dialect_of(part: c.Primitive) -> str:
    place: object = getattr(part, "place", None)
    return place.dialect if isinstance(place, Place) else str(getattr(part, "dialect", ""))


def _part_of(entry: c.Entry) -> str:
    match entry:
        case Route() | PolicyRule():
            return "routes"
        case Neighbour():
            return "neighbours"
        case _:
            return "addresses"
