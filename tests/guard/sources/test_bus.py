"""Signals of firewalld and systemd, and a bus that nobody can read."""

import importlib.util
from pathlib import Path

import pytest

from hairpin.guard.sources.bus import Bus, Signal, words_of_signal

FIREWALLD, MANAGER = "org.fedoraproject.FirewallD1", "org.freedesktop.systemd1.Manager"
SIGNALS: dict[str, tuple[Signal, str]] = {
    "a reload": (Signal(FIREWALLD, "Reloaded", ()), "firewalld Reloaded"),
    "a port of a zone": (
        Signal(f"{FIREWALLD}.zone", "PortAdded", ("public", "8080", "tcp")), "firewalld PortAdded public 8080 tcp",
    ),
    "firewalld goes": (Signal("org.freedesktop.DBus", "NameOwnerChanged", (FIREWALLD, ":1.7", "")), "firewalld went"),
    "firewalld comes": (Signal("org.freedesktop.DBus", "NameOwnerChanged", (FIREWALLD, "", ":1.8")), "firewalld came"),
    "a unit": (Signal(MANAGER, "JobRemoved", ("/job/7", "docker.service", "done")), "docker.service: done"),
    "a unit of no network": (Signal(MANAGER, "JobRemoved", ("/job/7", "man-db.service", "done")), ""),
    "our own name": (Signal("org.freedesktop.DBus", "NameAcquired", (":1.9",)), ""),
    "somebody else": (Signal("org.freedesktop.login1.Manager", "SessionNew", ("3",)), ""),
}  # fmt: skip


@pytest.mark.parametrize(("signal", "told"), SIGNALS.values(), ids=SIGNALS)
def test_what_a_signal_tells(signal: Signal, told: str) -> None:
    assert words_of_signal(signal) == told


def test_a_bus_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "bus"
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert Bus(place).complaint is None  # there is no bus
    place.touch()
    assert "jeepney" in str(Bus(place).complaint)
