"""Reads the file of expectations, which a person edits.

docs/expecting.md describes the file: TOML with the tables ``must``, ``must-not`` and ``heal``, and those of
``--outside``.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from hairpin.errors import MalformedError, UsageError, reason_of
from hairpin.events.registry import all_events
from hairpin.expect.expectation import Expectation, Expectations, HealRules, OnBreak
from hairpin.expect.settings import ALERT, GUARD, AlertRow, GuardRow, alerts_in, settings_in
from hairpin.message import message
from hairpin.question.outside import TABLES, world_in
from hairpin.question.reach import parse_reach
from hairpin.question.tables import Entries, mark_of_key, tables_in
from hairpin.question.target import parse_event

DEFAULT = "/etc/hairpin/expect.toml"
MUST, MUST_NOT = "must", "must-not"


class _Row(msgspec.Struct, frozen=True):
    """One table of the file.  Each of ``reach`` is expected from each of ``from``."""

    reach: tuple[str, ...] | str
    from_: tuple[str, ...] | str = msgspec.field(name="from")
    survives: tuple[str, ...] | str = ()
    on_break: OnBreak = msgspec.field(default="observe", name="on-break")


class _Heal(msgspec.Struct, frozen=True):
    """The table ``heal``, which a file has once."""

    never: tuple[str, ...] | str = ()
    most_per_hour: Annotated[int, msgspec.Meta(ge=0, le=60)] = msgspec.field(default=3, name="most-per-hour")


_HEAL = "heal"
_KNOWN: Mapping[str, type[msgspec.Struct]] = {
    MUST: _Row, MUST_NOT: _Row, _HEAL: _Heal, **TABLES, ALERT: AlertRow, GUARD: GuardRow,
}  # fmt: skip


def parse_expectations(text: str, source: str) -> Expectations:
    """Return the expectations of the text.  ``source`` is the name of its file.  Raises UsageError, which names the
    file and the error in it."""
    try:
        tables = tables_in(text, _KNOWN, single=frozenset((_HEAL, GUARD)), private=frozenset((ALERT,)))
        each = tuple(_expectations(tables, text, source))
        told = tuple(alerts_in(tables.get(ALERT, []))), settings_in(tables.get(GUARD, []))
        return Expectations(each, world_in(tables), _heal_rules(tables), *told)
    except MalformedError as error:
        said = message("{path}: {reason}; its form is described in docs/expecting.md", path=source,
                       reason=reason_of(error))  # fmt: skip
        raise UsageError(said, mark=error.mark) from error


def _heal_rules(tables: Entries) -> HealRules:
    rows = msgspec.convert(tables.get(_HEAL, []), list[_Heal])
    return HealRules(_several(rows[0].never), rows[0].most_per_hour) if rows else HealRules()


def _expectations(tables: Entries, text: str, source: str) -> Iterator[Expectation]:
    for table in (MUST, MUST_NOT):
        for row in msgspec.convert(tables.get(table, []), list[_Row]):
            for event in _several(row.survives):
                _require_event(event, text)
            for what in _several(row.reach):
                for origin in _several(row.from_):
                    yield _expectation(table == MUST, what, origin, row, (text, source))


def _expectation(must: bool, what: str, origin: str, row: _Row, file: tuple[str, str]) -> Expectation:
    text, source = file
    try:
        return Expectation(must, what, origin, parse_reach(what, origin), _several(row.survives), row.on_break)
    except UsageError as error:
        said = message("{path}: {reason}", path=source, reason=error.said)
        wrong = origin if error.mark is not None and origin in error.mark.line else what
        raise UsageError(said, mark=mark_of_key(wrong, text)) from error


def _require_event(event: str, text: str) -> None:
    known = [each.id for each in all_events()]
    if parse_event(event).id not in known:
        said = message("no event {event!r} exists; the events are {known}", event=event, known=", ".join(known))
        raise MalformedError(said, mark=mark_of_key(event, text))


def _several(value: tuple[str, ...] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
