"""What is right about what was carried out: nothing unasked opened or closed, accidents repaired, decisions named and
left alone, effects foretold, and all of it taken back."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from tests.harm.case import Case
from tests.harm.foretold import unlike
from tests.harm.hairpin import Said, carried_out, deciding
from tests.hunt.real.flows import Outcomes
from tests.score.all_flows import UNPUBLISHED, Way

What = Literal[
    "opened", "closed", "carried out", "status", "not named", "no undoes", "not repaired", "taken away", "unsaid",
    "untrue", "undo", "exit 4", "void",
]  # fmt: skip
"""The kinds of misses.  ``void``: the case itself is not what it says."""


class Miss(msgspec.Struct, frozen=True):
    """Something wrong: what, and in a few words."""

    what: What
    text: str


class Seen(msgspec.Struct, frozen=True):
    """The real exchanges: when all worked, with the element, after ``fix``, after ``undo``."""

    healthy: Outcomes
    faulty: Outcomes
    fixed: Outcomes
    undone: Outcomes
    containers: Mapping[str, str] = {}
    """The name of each container's address."""


def is_void(case: Case, healthy: Outcomes, faulty: Outcomes) -> str:
    """Return why the case is not what it says; empty if it is."""
    flow = case.draw.flow
    if flow not in healthy:
        return f"{flow} is not among the flows"
    if faulty[flow].passes:
        return f"{flow} passes although {case.draw.said}"
    if healthy[flow].passes is not case.draw.worked:
        return f"{flow} {'did not pass' if case.draw.worked else 'passed'} before"
    inside = [str(way) for way in case.draw.stays_out if way in faulty and faulty[way].passes]
    return f"not kept out: {', '.join(inside)}" if inside else ""


def opened(case: Case, seen: Seen) -> tuple[Way, ...]:
    """Return the flows that ``fix`` opened and nobody asked for.  An accident's repair may bring back what worked."""
    return tuple(
        way
        for way, now in sorted(seen.fixed.items())
        if now.passes
        and not seen.faulty[way].passes
        and not case.draw.is_asked(way)
        and not (case.form == "accident" and seen.healthy[way].passes)
    )


def closed(seen: Seen) -> tuple[Way, ...]:
    """Return the flows that ``fix`` closed."""
    return tuple(way for way, now in sorted(seen.fixed.items()) if seen.faulty[way].passes and not now.passes)


def misses(case: Case, seen: Seen, check: Said, fix: Said) -> tuple[Miss, ...]:
    """Return all that is wrong with what was said and done, but for the undo."""
    harms: tuple[tuple[What, tuple[Way, ...]], ...] = (("opened", opened(case, seen)), ("closed", closed(seen)))
    found = [Miss(what, f"{len(ways)}: {_some(ways)}") for what, ways in harms if ways]
    found += [Miss("exit 4", each.command) for each in (check, fix) if each.status not in (0, 1, 2, 3)]
    found += _of_decision(case, check, fix) if case.form == "decision" else _of_accident(case, seen, fix)
    return (*found, *_effects(case, seen, fix))


def _of_decision(case: Case, check: Said, fix: Said) -> list[Miss]:
    found: list[Miss] = []
    done = carried_out(fix)
    decided = deciding(check, fix)
    if case.draw.rests:
        told = check.text("notes")
        found += [Miss("status", f"{each.command} ended with {each.status}") for each in (check, fix) if each.status]
        found += [Miss("not named", "none of the notes") for each in case.draw.named[:1] if each not in told]
        return [*found, Miss("carried out", "; ".join(done))] if done else found
    if done and not (case.draw.wall and decided):
        found.append(Miss("carried out", "; ".join(done)))
    asked = check.text("questions").lower()
    if not done and fix.status == 0 and any(each.lower() in asked for each in case.draw.named):
        return found  # a list that lets others in works as meant: whether the clients are on it is asked
    if fix.status != 1 and not (done and case.draw.wall and decided):
        found.append(Miss("status", f"fix ended with {fix.status}: {fix.document.get('said') or fix.complaint[-160:]}"))
    text = check.text("causes", "notes", "questions") + fix.text("plan", "left_out", "said", "flows")
    if not any(each.lower() in text.lower() for each in case.draw.named):
        found.append(Miss("not named", f"none of {', '.join(case.draw.named)}"))
    if case.draw.undoes and not decided:
        found.append(Miss("no undoes", "no remedy says whose decision it undoes"))
    return found


def _of_accident(case: Case, seen: Seen, fix: Said) -> list[Miss]:
    if seen.fixed[case.draw.flow].passes:
        return []
    left = ", ".join(f"{each.get('id')} ({each.get('why')} {each.get('effects')})" for each in fix.parts("left_out"))
    said = fix.document.get("said") or fix.complaint[-160:] or left or "no plan"
    done = "; ".join(carried_out(fix)) or "; ".join(str(each.get("id")) for each in fix.parts("plan"))
    return [Miss("not repaired", f"status {fix.status}: {said} [{done}]")]


def _effects(case: Case, seen: Seen, fix: Said) -> list[Miss]:
    """Return where what was foretold is not what was measured; nothing of a document that foretells nothing."""
    if not carried_out(fix) or "opens" not in fix.document:
        return []
    back = tuple(
        way
        for way, now in sorted(seen.fixed.items())
        if now.passes and not seen.faulty[way].passes and not case.draw.is_asked(way)
    )
    new = opened(case, seen)
    changed = {"opens": new, "closes": closed(seen), "restores": tuple(way for way in back if way not in new)}
    found = unlike(case, changed, seen.fixed, fix, seen.containers)
    return [Miss("unsaid" if what == "unsaid" else "untrue", text) for what, text in found]


def _some(ways: tuple[Way, ...]) -> str:
    """Return the most telling of the flows: those to a service first."""
    first = sorted(ways, key=lambda way: (way.port == str(UNPUBLISHED), way.start != "client", str(way)))
    return ", ".join(map(str, first[:4])) + (" …" if len(first) > 4 else "")
