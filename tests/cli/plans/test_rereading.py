"""How often the containers are read again while a plan is carried out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hairpin.apply.plan import RepairPlan
from hairpin.change.calls import ReloadNetworks
from hairpin.change.step import Ask, Step
from hairpin.cli.plans import rereading
from hairpin.cli.plans.rereading import with_insides
from hairpin.evidence.reading import HOST, SCHEMA, Evidence, Reading, utc_text
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


COMPLETION_PLACES = "host\t1\t-\t-\ncontainer:web\t2\t20\taa\ncontainer:db\t3\t30\tbb\n"
Told = tuple[str, str, str, str]


def evidence(*readings: Told, at: str) -> Evidence:
    """Return evidence of (key, netns, origin, text)."""
    found = (Reading(f"e{n}", *each[:3], at, 0, "text", each[3]) for n, each in enumerate(readings, 1))
    return Evidence(SCHEMA, "0", at, "host1", "6.1", tuple(found))


def whole(places: str = COMPLETION_PLACES, *more: Told, at: str = "1") -> Evidence:
    """Return evidence for which both containers were entered."""
    inside: tuple[Told, ...] = tuple(
        ("ip-addr", f"container:{name}", "ip addr", f"{name} {at}") for name in ("web", "db")
    )
    return evidence(
        ("namespaces", "", "/proc/PID/ns/net", places), ("ip-addr", HOST, "ip addr", f"host {at}"),
        ("versions", "", "uname -a", "Linux"), ("units", "", "systemctl show", "Id=docker\nA=1\n\nId=ssh\nA=1\n"),
        *inside, *more, at=at,
    )  # fmt: skip


NARROW = evidence(
    ("namespaces", "", "/proc/PID/ns/net", COMPLETION_PLACES),
    ("namespaces-left", "", "/proc/PID/ns/net", "db\n"),
    ("ip-addr", HOST, "ip addr", "host 2"),
    ("units", "", "systemctl show", "Id=docker\nA=2\n"),
    ("ip-addr", "container:web", "ip addr", "web 2"),
    at="2",
)  # fmt: skip


def test_what_was_not_entered_again_stays_as_it_was_read() -> None:
    found = with_insides(NARROW, whole())
    assert found is not None
    assert [each.id for each in found.readings] == [f"e{n}" for n in range(1, len(found.readings) + 1)]
    assert [(each.netns, each.text, each.at) for each in found.readings if each.key == "ip-addr"] == [
        (HOST, "host 2", "2"), ("container:web", "web 2", "2"), ("container:db", "db 1", "1")
    ]  # fmt: skip
    assert (found.taken_at, found.find("namespaces-left", ""), len(found.all("versions"))) == ("2", None, 1)


def test_each_engine_tells_what_it_left_out() -> None:
    """A host with Docker and a user's Podman has two readings of each kind."""
    here = "host\t1\t-\t-\n"
    of_user = f"{here}container:ann.api\t4\t40\tcc\n"
    told: tuple[Told, ...] = (
        ("namespaces", "", "/proc/PID/ns/net", COMPLETION_PLACES),
        ("namespaces", "", "(ann)", of_user),
    )
    left: tuple[Told, ...] = (
        ("namespaces-left", "", "/proc/PID/ns/net", "web\ndb\n"), ("namespaces-left", "", "(ann)", "ann.api\n"),
    )  # fmt: skip
    inside: Told = ("ip-addr", "container:ann.api", "ip addr", "api 1")
    older = evidence(*told, inside, at="1")
    found = with_insides(evidence(*told, *left, at="2"), older)
    assert found is not None
    assert found.all("namespaces-left") == ()
    assert [each.text for each in found.all("ip-addr")] == ["api 1"]
    moved: Told = ("namespaces", "", "(ann)", of_user.replace("40", "41"))
    assert with_insides(evidence(told[0], moved, *left, at="2"), older) is None


def test_units_that_were_not_asked_again_stay() -> None:
    found = with_insides(NARROW, whole())
    units = found.find("units", "") if found is not None else None
    assert units is not None
    assert units.text == "Id=docker\nA=2\n\nId=ssh\nA=1\n"


def test_evidence_with_all_containers_stays_as_it_is() -> None:
    assert with_insides(whole(at="2"), whole()) == whole(at="2")


OTHER: dict[str, Callable[[], Evidence]] = {
    "another process": lambda: whole(COMPLETION_PLACES.replace("\t30\t", "\t31\t")),
    "another namespace": lambda: whole(COMPLETION_PLACES.replace("\t3\t", "\t4\t")),
    "a container that is new": lambda: whole(COMPLETION_PLACES.replace("container:db\t3\t30\tbb\n", "")),
    "left out before, too": lambda: whole(COMPLETION_PLACES, ("namespaces-left", "", "/proc/PID/ns/net", "db\n")),
}


@pytest.mark.parametrize("older", OTHER.values(), ids=OTHER)
def test_another_container_has_to_be_read(older: Callable[[], Evidence]) -> None:
    assert with_insides(NARROW, older()) is None
