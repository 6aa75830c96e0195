"""Evidence of a host whose containers were not all entered again."""

from collections.abc import Callable

import pytest

from hairpin.evidence.completion import with_insides
from hairpin.evidence.reading import HOST, SCHEMA, Evidence, Reading

PLACES = "host\t1\t-\t-\ncontainer:web\t2\t20\taa\ncontainer:db\t3\t30\tbb\n"
Told = tuple[str, str, str, str]


def evidence(*readings: Told, at: str) -> Evidence:
    """Return evidence of (key, netns, origin, text)."""
    found = (Reading(f"e{n}", *each[:3], at, 0, "text", each[3]) for n, each in enumerate(readings, 1))
    return Evidence(SCHEMA, "0", at, "host1", "6.1", tuple(found))


def whole(places: str = PLACES, *more: Told, at: str = "1") -> Evidence:
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
    ("namespaces", "", "/proc/PID/ns/net", PLACES),
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
    told: tuple[Told, ...] = (("namespaces", "", "/proc/PID/ns/net", PLACES), ("namespaces", "", "(ann)", of_user))
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
    "another process": lambda: whole(PLACES.replace("\t30\t", "\t31\t")),
    "another namespace": lambda: whole(PLACES.replace("\t3\t", "\t4\t")),
    "a container that is new": lambda: whole(PLACES.replace("container:db\t3\t30\tbb\n", "")),
    "left out before, too": lambda: whole(PLACES, ("namespaces-left", "", "/proc/PID/ns/net", "db\n")),
}


@pytest.mark.parametrize("older", OTHER.values(), ids=OTHER)
def test_another_container_has_to_be_read(older: Callable[[], Evidence]) -> None:
    assert with_insides(NARROW, older()) is None
