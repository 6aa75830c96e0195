"""The traces are read once there is a cause to ask them about, and a snapshot tells with those that it has."""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.blamed import with_since
from hairpin.cli import since
from hairpin.cli.face.asked import Given
from hairpin.collect.kept_snapshots import keep_snapshot
from hairpin.collect.snapshot import AskedTraces, with_traces
from hairpin.errors import CollectError
from hairpin.evidence.reading import Evidence, Reading
from hairpin.evidence.several import Source
from hairpin.message import message
from tests.explain.logs import FRONT, NAME, SILENT, asked, log
from tests.report.answers import FORWARDING_OFF, answer

SUDO = "2026-11-20T07:30:00Z"


def not_read(*_: object, **__: object) -> tuple[Source, ...]:
    raise CollectError(message("nothing is read here"))


def told(found: Answer, sources: tuple[Given, ...], *, traces: bool = True) -> Answer:
    """Return the answer after what can be read for it from these sources."""
    return with_since(found, since.further_reading(sources, traces=traces))


def test_an_answer_without_a_blocking_cause_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since, "gather", not_read)
    found = answer()
    assert told(found, ()) is found


def test_traces_that_cannot_be_read_leave_the_answer_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since, "gather", not_read)
    found = answer(FORWARDING_OFF)
    assert told(found, ()) is found


def test_a_snapshot_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since, "gather", not_read)
    found = answer(FORWARDING_OFF)
    again = told(found, (Given("snapshot", "-"),))
    assert [each.blame for each in again.causes] == [None] * len(found.causes)  # it has no traces


def test_traces_of_a_live_host_stand_behind_its_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(FORWARDING_OFF)
    (own,) = found.evidence
    trace = Reading("e1", "trace-wtmp", "", "last", SUDO, 127, "absent", "not installed")
    read = Evidence(own.schema, own.hairpin, own.taken_at, own.hostname, own.kernel, (trace,), label=own.label)

    def gathered(*_: object, **__: object) -> tuple[Source, ...]:
        return (read,)

    monkeypatch.setattr(since, "gather", gathered)
    again = told(found, ())
    assert again.evidence[0].readings[-1].id == f"e{len(own.readings) + 1}"
    assert again.evidence[0].readings[:-1] == own.readings


def test_the_log_of_the_causes_container_is_read_with_the_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(*SILENT)
    (own,) = found.evidence
    asked: list[AskedTraces] = []

    def gathered(*_: object, traces: AskedTraces, **__: object) -> tuple[Source, ...]:
        asked.append(traces)
        read = Evidence(own.schema, own.hairpin, own.taken_at, own.hostname, own.kernel, (log(NAME),), label=own.label)
        return (read,)

    monkeypatch.setattr(since, "gather", gathered)
    again = told(found, ())
    alone = told(found, (), traces=False)
    word = f"docker/{FRONT}/front"
    assert asked == [
        AskedTraces(knows_containers=True, logs=(word,)),
        AskedTraces(kinds=("logs",), knows_containers=True, logs=(word,)),
    ]
    for each in (again, alone):
        assert any(NAME in str(said) for cause in each.causes for said in cause.log)


def test_without_a_cause_at_a_container_no_log_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since, "gather", not_read)
    found = answer(FORWARDING_OFF)
    assert told(found, (), traces=False) is found


def test_a_snapshots_own_log_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since, "gather", not_read)
    found = asked(log(NAME))
    again = told(found, (Given("snapshot", "-"),), traces=False)
    assert any(NAME in str(said) for cause in again.causes for said in cause.log)


def test_the_traces_of_a_labelled_host_have_its_ids() -> None:
    reading = Reading("node2:e1", "hostname", "", "hostname", SUDO, 0, "text", "node2")
    trace = Reading("e1", "trace-wtmp", "", "last", SUDO, 0, "text", "")
    host, traces = (Evidence("s", "0", SUDO, "node2", "6.1", (each,)) for each in (reading, trace))
    assert [each.id for each in with_traces(host, traces).readings] == ["node2:e1", "node2:e2"]


def test_only_snapshots_in_which_all_flows_passed_are_sights_of_the_good_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(since, "snapshots_folder", lambda: tmp_path)
    tmp_path.chmod(0o700)
    own = answer().evidence[0]
    keep_snapshot(own, tmp_path, passing=True)
    keep_snapshot(msgspec.structs.replace(own, taken_at="2026-11-20T09:00:00Z"), tmp_path, passing=False)
    (found,) = since.passing_times()
    assert found == datetime.fromisoformat(own.taken_at).timestamp()
