"""Combines several hosts of one question: each host gets a label, all readings get unique ids, and the ages of readings
are compared by one clock.  A question without a host's name means the first host, whose readings keep their ids."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from hairpin.evidence.reading import Evidence, Reading
from hairpin.message import Message, message

_OLD = timedelta(minutes=1)


class NotRead(msgspec.Struct, frozen=True):
    """A host that could not be read.  ``origin``: the option that names the host.  ``reason``: why the host was not
    read."""

    label: str
    origin: str
    reason: Message


Source = Evidence | NotRead
"""The evidence of one host of a question, or the reason why there is none."""


def together(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the hosts with unique labels.  The second host with the same name gets the label ``name#2``."""
    taken: set[str] = set()
    found: list[Source] = []
    for source in sources:
        label = _free(source.name if isinstance(source, Evidence) else source.label, taken)
        taken.add(label)
        found.append(_labelled(source, label, is_first=not found))
    return tuple(found)


def _free(name: str, taken: set[str]) -> str:
    number = 2
    label = name
    while label in taken:
        label = f"{name}#{number}"
        number += 1
    return label


def _labelled(source: Source, label: str, *, is_first: bool) -> Source:
    if isinstance(source, Evidence) and is_first and source.name == label:
        return source
    if isinstance(source, NotRead) or is_first:
        return msgspec.structs.replace(source, label=label)
    readings = tuple(msgspec.structs.replace(each, id=f"{label}:{each.id}") for each in source.readings)
    return msgspec.structs.replace(source, label=label, readings=readings)


# --- one machine ------------------------------------------------------------------------------------------------------


def identity_of(evidence: Evidence) -> tuple[str, str]:
    """Return the machine id and the boot id of the host; empty texts if they were not read."""
    return _text(evidence.find("machine-id", "")), _text(evidence.find("boot-id", ""))


def _text(reading: Reading | None) -> str:
    return reading.text.strip() if reading is not None and reading.outcome == "text" else ""


# --- one clock --------------------------------------------------------------------------------------------------------


def age_notes(hosts: tuple[Evidence, ...]) -> tuple[Message, ...]:
    """Return a note for each host that was read more than a minute before the host that was read last.  The clocks of
    hosts differ.  Therefore the time of a host that was read over ssh is the time by the clock of the reading machine.
    """
    times = [(each.name, at) for each in hosts if (at := _moment(each)) is not None]
    if not times:
        return ()
    newest = max(at for _, at in times)
    return tuple(
        message(
            "{host} was read {seconds} s before the last of these hosts: its state may have changed since",
            host=name,
            seconds=int((newest - at).total_seconds()),
        )
        for name, at in times
        if newest - at > _OLD
    )


def _moment(evidence: Evidence) -> datetime | None:
    """Return the time at which the host was read.  A time without a time zone is in UTC, as hairpin writes it."""
    try:
        at = datetime.fromisoformat(evidence.collected_at or evidence.taken_at)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
