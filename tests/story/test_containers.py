"""What happened to containers."""

import json

import pytest

from hairpin.story.containers import container_changes, container_entries, network_entries
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, journal, lab, traces


def events(*told: tuple[float, str] | tuple[float, str, str]) -> tuple[str, str]:
    """Return events of the container web: (seconds since BEGUN, action, exit status)."""
    lines = [
        json.dumps(
            {
                "Type": "container", "Action": each[1], "timeNano": int((BEGUN + each[0]) * 1e9),
                "Actor": {"Attributes": {"name": "web", **({"exitCode": each[2]} if len(each) > 2 else {})}},
            }
        )
        for each in told
    ]  # fmt: skip
    return "trace-docker-events", "\n".join(lines)


HISTORIES: dict[str, tuple[tuple[str, str], tuple[tuple[str, float, float], ...]]] = {
    "a restart": (
        events((10, "kill"), (11, "die", "137"), (12, "stop"), (12, "start"), (12, "restart")),
        (("restart", 11, 12),),
    ),
    "a stop": (events((10, "kill"), (11, "die", "137"), (12, "stop")), (("stop", 11, 11),)),
    "a stop, and a start much later": (events((11, "die"), (90, "start")), (("stop", 11, 11), ("start", 90, 90))),
    "made": (events((10, "create"), (11, "start")), (("create", 10, 11),)),
    "made anew": (events((10, "die"), (11, "destroy"), (12, "create"), (13, "start")), (("recreate", 10, 13),)),
    "removed": (events((10, "die"), (11, "destroy")), (("remove", 10, 11),)),
}


@each_row(("told", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_histories(told: tuple[str, str], expected: tuple[tuple[str, float, float], ...]) -> None:
    found = container_changes(traces(told))
    assert tuple((each.verb, round(each.at - BEGUN), round(each.until - BEGUN)) for each in found) == expected


def test_the_events_of_podman() -> None:
    text = (
        '{"Name":"web","Status":"died","Time":"2026-11-26T12:00:00.1+00:00","Type":"container","ContainerExitCode":1}\n'
    )
    (found,) = container_changes(traces(("trace-podman-events", text)))
    assert (found.name, found.verb, found.told) == ("web", "stop", "1")


STATE = '{"Name":"/db","Created":"2026-01-01T00:00:00Z","State":{"StartedAt":"%s","FinishedAt":"%s","ExitCode":137}}\n'
REMEMBERED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "started": ("2026-11-26T12:00:00Z", "2026-11-20T00:00:00Z", ("start",)),
    "restarted": ("2026-11-26T12:00:00Z", "2026-11-26T11:59:58Z", ("restart",)),
    "ended": ("2026-11-20T12:00:00Z", "2026-11-26T12:00:00Z", ("start", "stop")),
    "long ago": ("2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", ()),
}


@pytest.mark.parametrize(("started", "finished", "expected"), REMEMBERED.values(), ids=REMEMBERED)
def test_what_a_container_remembers(started: str, finished: str, expected: tuple[str, ...]) -> None:
    found = container_changes(traces(("trace-containers", STATE % (started, finished))))
    assert tuple(each.verb for each in found) == expected


def test_what_the_engine_does_at_its_start_is_no_event_of_its_own() -> None:
    text = journal(
        (5, "systemd", "Startup finished in 3s."),
        (100, "systemd", "Starting docker.service - Docker...", "docker.service"),
        (110, "systemd", "Started docker.service - Docker.", "docker.service"),
    )
    with_engine, later = container_entries(traces(("trace-units", text), events((105, "start"), (200, "start"))))
    assert str(with_engine.what) == "the engine started container web"
    assert with_engine.effect is None
    assert later.effect is not None
    assert (later.effect.event, later.effect.name) == ("container-restart", "web")


def test_the_lab_host() -> None:
    found = [(each.name, each.verb, each.with_engine) for each in container_changes(traces_of(lab()))]
    assert found == [
        ("web", "create", False), ("db", "create", False), ("web", "restart", False), ("db", "stop", False),
        ("web", "recreate", False),
    ]  # fmt: skip


_ID = "c" * 64


def told(*events: tuple[float, str, str, str]) -> list[str]:
    """Return the words about events: (seconds since BEGUN, type, action, the network's or container's name)."""
    lines = [
        json.dumps(
            {
                "Type": kind, "Action": action, "timeNano": int((BEGUN + at) * 1e9),
                "Actor": {
                    "ID": _ID if kind == "container" else "n" * 64,
                    "Attributes": {"name": name, **({"container": _ID} if "connect" in action else {})},
                },
            }
        )
        for at, kind, action, name in events
    ]  # fmt: skip
    return [str(each.what) for each in network_entries(traces(("trace-docker-events", "\n".join(lines))))]


def test_made_and_removed() -> None:
    assert told((10, "network", "create", "jobs"), (20, "network", "destroy", "jobs")) == [
        "network jobs was made",
        "network jobs was removed",
    ]


def test_a_running_container_changes_its_networks() -> None:
    began = (1, "container", "start", "web")
    assert told(began, (60, "network", "connect", "jobs"), (90, "network", "disconnect", "bridge")) == [
        "container web was connected to network jobs",
        "container web was disconnected from network bridge",
    ]


def test_a_start_and_an_end_tell_nothing_of_their_own_networks() -> None:
    assert not told(
        (10, "network", "connect", "bridge"),
        (10.5, "container", "start", "web"),
        (60, "container", "die", "web"),
        (60.1, "network", "disconnect", "bridge"),
    )
