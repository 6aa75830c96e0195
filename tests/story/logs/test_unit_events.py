"""Units and the events that they are."""

from hairpin.events.registry import all_events
from hairpin.story.entry import Effect, Verb
from hairpin.story.logs.unit_events import full_name, packages_of_unit, unit_effect
from tests.rows import each_row

CASES: dict[str, tuple[str, Verb, Effect | None]] = {
    "firewalld is started": ("firewalld.service", "start", Effect(event="firewalld-start")),
    "firewalld is restarted": ("firewalld.service", "restart", Effect(event="firewalld-restart")),
    "ufw is restarted": ("ufw.service", "restart", Effect(event="ufw-reload")),
    "dockerd is told to read its file": ("docker.service", "reload", Effect(event="docker-reload")),
    "saved rules are loaded again": ("ip6tables.service", "reload", Effect(event="saved-rules-restore")),
    "nftables is stopped: its unit flushes": ("nftables.service", "stop", Effect(commands="nft flush ruleset")),
    "a tunnel": ("wg-quick@office.service", "start", Effect(event="vpn-up")),
    "ssh changes nothing": ("ssh.service", "restart", None),
    "a failure changes nothing": ("docker.service", "fail", None),
}


@each_row(("unit", "verb", "expected"), CASES.values(), ids=CASES)
def test_unit_effect(unit: str, verb: Verb, expected: Effect | None) -> None:
    assert unit_effect(unit, verb) == expected


def test_what_is_done_to_a_unit_is_one_event() -> None:
    told = [(unit, verb) for each in all_events() for unit in each.units for verb in each.verbs]
    assert len(told) == len(set(told))


def test_names() -> None:
    assert full_name("docker") == "docker.service"
    assert full_name("docker.socket") == "docker.socket"
    assert full_name("my.app") == "my.app.service"
    assert "docker-ce" in packages_of_unit("docker.service")
    assert packages_of_unit("ssh.service") == ()
