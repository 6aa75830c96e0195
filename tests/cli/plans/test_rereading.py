"""How often the containers are read again while a plan is carried out."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hairpin.apply.plan import RepairPlan
from hairpin.change.calls import ReloadNetworks
from hairpin.change.step import Ask, Step
from hairpin.cli.plans import rereading
from hairpin.evidence.reading import Evidence, Reading, utc_text
from tests.apply.plans import plan

PLACES = Reading("e1", "namespaces", "", "/proc/PID/ns/net", "", 0, "text", "host\t1\t-\t-\ncontainer:web\t2\t20\taa\n")
LEFT = Reading("e2", "namespaces-left", "", "/proc/PID/ns/net", "", 0, "text", "web\n")
RELOAD = Ask(host="host", call=ReloadNetworks(), undo=())


def read(at: datetime, *readings: Reading) -> Evidence:
    whole = plan().answer.evidence[0]
    return msgspec.structs.replace(whole, taken_at=utc_text(at), readings=(PLACES, *readings))


def planned(at: datetime, *further: Step, targets: bool = False) -> RepairPlan:
    """Return the plan that sets a sysctl, for a host that was read at that time."""
    made = plan()
    (repair,) = made.repairs
    remedy = msgspec.structs.replace(repair.remedy, steps=(*repair.remedy.steps, *further))
    question = made.answer.question if targets else msgspec.structs.replace(made.answer.question, targets=())
    answer = msgspec.structs.replace(made.answer, evidence=(read(at),), question=question)
    return msgspec.structs.replace(made, answer=answer, repairs=(msgspec.structs.replace(repair, remedy=remedy),))


def asked_for(plan: RepairPlan, monkeypatch: pytest.MonkeyPatch, *, again: Reading = PLACES) -> list[tuple[str, ...]]:
    """Return the containers that two readings enter; empty means all."""
    asked: list[tuple[str, ...]] = []

    def read_this(*, only: tuple[str, ...] = ()) -> Evidence:
        asked.append(only)
        found = read(datetime.now(UTC))
        return msgspec.structs.replace(found, readings=(again, *((LEFT,) if only else ())))

    monkeypatch.setattr(rereading, "read_this", read_this)
    monkeypatch.setattr(rereading, "_RECENT", timedelta(hours=1))  # a busy machine may take minutes for the test
    reader = rereading.Rereading(plan)
    reader.read()
    reader.read()
    return asked


NONE = ("name=-",)
OLD = timedelta(hours=2)


def test_a_sysctl_of_the_host_enters_no_container_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_for(planned(datetime.now(UTC)), monkeypatch) == [NONE, NONE]


def test_asked_containers_are_entered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    (first, second) = asked_for(planned(datetime.now(UTC), targets=True), monkeypatch)
    assert first == second != NONE
    assert first


def test_a_call_of_an_engine_has_all_containers_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_for(planned(datetime.now(UTC), RELOAD), monkeypatch) == [(), ()]


def test_readings_that_are_old_are_made_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_for(planned(datetime.now(UTC) - OLD), monkeypatch) == [(), NONE]


def test_another_container_has_all_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    other = msgspec.structs.replace(PLACES, text=PLACES.text.replace("\t20\t", "\t21\t"))
    assert asked_for(planned(datetime.now(UTC)), monkeypatch, again=other) == [NONE, (), NONE]
