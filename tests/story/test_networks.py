"""What happened to networks, and to the containers on them."""

import json

from hairpin.story.networks import network_entries
from tests.story.recorded import BEGUN, traces

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
