"""Selects the asked part of a story: from a time on (``--since``, as people type it), and about some targets."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from hairpin.errors import UsageError
from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.question.asked import Target
from hairpin.question.suggest import word_list
from hairpin.story.entry import Story, StoryEntry
from hairpin.story.inspected import Inspected, containers_of

_SPAN = re.compile(r"(\d+)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_ID_LENGTH = 6
"""The least number of digits of a container's id in a word that counts as the id.

Shorter matches may be accidental."""


def parse_since(text: str, now: float) -> float:
    """Return the time that a text means (``2h``, ``yesterday``, ``2026-11-20 14:00``, RFC 3339), in seconds since the
    epoch.  A time without a time zone is in UTC.

    ``now``: the time from which time spans and names of days count, in seconds since the epoch.  Raises UsageError for
    any other text, and for a time after ``now``."""
    at = _time(text.strip(), datetime.fromtimestamp(now, UTC))
    if at is None:
        raise UsageError(
            message(
                "--since {text!r} is not a time; write 2h, 3d, yesterday, `2026-11-20 14:00` (UTC) or "
                "2026-11-20T14:00:00+01:00",
                text=text,
            )
        )
    if at.timestamp() > now:
        raise UsageError(message("--since {text!r} is later than the time at which the host was read", text=text))
    return at.timestamp()


def _time(text: str, now: datetime) -> datetime | None:
    span = _SPAN.fullmatch(text.lower())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if span is not None:
        try:
            return now - timedelta(seconds=int(span[1]) * _UNITS[span[2][0]])
        except OverflowError:
            return None
    match text.lower():
        case "today":
            return midnight
        case "yesterday":
            return midnight - timedelta(days=1)
        case _:
            pass
    if _CLOCK.fullmatch(text):
        text = f"{midnight.date().isoformat()} {text.zfill(5)}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def narrow(story: Story, evidence: tuple[Evidence, ...], targets: tuple[Target, ...]) -> Story:
    """Return the entries that concern the targets; return the whole story if there are no targets.

    Boots, engines, firewalls, settings, packages and files concern every container.  Raises UsageError for a container
    that neither an engine nor the story knows."""
    if not targets:
        return story
    names = {name for target in targets for name in _names(target, evidence, story)}
    return msgspec.structs.replace(story, entries=tuple(each for each in story.entries if _concerns(each, names)))


def _names(target: Target, evidence: tuple[Evidence, ...], story: Story) -> Iterator[str]:
    here = [
        container
        for host in evidence
        if not target.host or host.name == target.host
        for container, _ in containers_of(host)
    ]
    if target.container is not None:
        named = [each.own_name for each in here if _is_named(each, target.container)]
        told = {each.subject for each in story.entries if each.kind == "container"}
        if not named and target.container not in told:
            near = word_list(target.container, (*(each.own_name for each in here), *told))
            raise UsageError(message("no container {name!r} is known here: {near}", name=target.container, near=near))
        yield target.container
        yield from named
    elif target.port is not None:
        last = target.last if target.last is not None else target.port
        yield from (each.own_name for each in here if any(target.port <= port <= last for port in each.host_ports))


def _is_named(container: Inspected, name: str) -> bool:
    return name in (container.own_name, container.service) or (
        len(name) >= _ID_LENGTH and container.id.startswith(name)
    )


def _concerns(entry: StoryEntry, names: set[str]) -> bool:
    if entry.kind == "container":
        return entry.subject in names
    return not (entry.effect is not None and entry.effect.name) or entry.effect.name in names
