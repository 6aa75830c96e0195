"""Units and the events that they are."""

import pytest

from hairpin.events.registry import event_of
from hairpin.story.entry import Effect, Verb
from hairpin.story.unit_events import BY_VERB, full_name, packages_of_unit, unit_effect

CASES: dict[str, tuple[str, Verb, Effect | None]] = {
    "firewalld is started": ("firewalld.service", "start", Effect(event="firewalld-start")),
    "firewalld is restarted": ("firewalld.service", "restart", Effect(event="firewalld-restart")),
    "nftables is stopped: its unit flushes": ("nftables.service", "stop", Effect(commands="nft flush ruleset")),
    "a tunnel": ("wg-quick@office.service", "start", Effect(event="vpn-up")),
    "ssh changes nothing": ("ssh.service", "restart", None),
    "a failure changes nothing": ("docker.service", "fail", None),
}


@pytest.mark.parametrize(("unit", "verb", "expected"), CASES.values(), ids=CASES)
def test_unit_effect(unit: str, verb: Verb, expected: Effect | None) -> None:
    assert unit_effect(unit, verb) == expected


def test_every_event_of_a_unit_can_be_foretold() -> None:
    assert all(event_of(event) is not None for told in BY_VERB.values() for event in told.values())


def test_names() -> None:
    assert full_name("docker") == "docker.service"
    assert full_name("docker.socket") == "docker.socket"
    assert full_name("my.app") == "my.app.service"
    assert "docker-ce" in packages_of_unit("docker.service")
    assert packages_of_unit("ssh.service") == ()
