"""What the memory keeps of a round, and what nobody is told."""

from pathlib import Path

import pytest

from hairpin.guard import record
from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.record import Recording, told_command, without_secrets
from hairpin.message import message
from hairpin.story.guarded import GuardedCause, GuardedChange, Maker
from tests.guard.test_rounds import BY_NFT, found
from tests.report.answers import FORWARDING_OFF, evidence

OFF = GuardedCause("interface-forwarding-off", "eth0 does not forward IPv4")
COMMANDS = {
    "nft flush ruleset": "nft flush ruleset",
    "sysctl -w net.ipv4.ip_forward=0": "sysctl -w net.ipv4.ip_forward=0",
    "curl https://ann:pw@example.com/x": "curl https://example.com/x",
    "mysql --password=hunter2": "mysql # not collected",
    "podman run -e KEY=abc nginx": "podman # not collected",
    "/usr/bin/tool --token abc": "/usr/bin/tool # not collected",
}


BLIND = (
    message("{what} cannot be watched: {reason}", what=message("the rules of nftables"), reason="x"),
    message("{what} cannot be watched: {reason}", what=message("an engine"), reason="x"),
    message("no history is kept"),
)


@pytest.mark.parametrize(("command", "told"), COMMANDS.items(), ids=COMMANDS)
def test_a_command_line_without_secrets(command: str, told: str) -> None:
    assert told_command(command) == told


def test_a_round_without_secrets() -> None:
    secret = SeenChange("rules", 1.0, "7", Culprit(12, "tool", "tool --password=x"))
    told = without_secrets(found(evidence(), evidence(), burst=(secret, SeenChange("links", 1.0)))[1])
    assert [each.culprit and each.culprit.command for each in told.changes] == ["tool # not collected", None]


def test_causes_come_and_go() -> None:
    states = (evidence(), evidence(FORWARDING_OFF), None, evidence(FORWARDING_OFF), evidence())
    recording = Recording(3)
    told = [recording.record(each, blind=()) for each in found(*states)]
    assert [(each.came, each.gone) for each in told] == [((), ()), ((OFF,), ()), ((), ()), ((), ()), ((), (OFF,))]
    assert [each.first for each in told] == [True, False, False, False, False]
    assert [each.failed for each in told] == [False, False, True, False, False]
    assert (told[1].guard, told[1].broken, told[1].expectations) == (3, 1, 2)
    assert told[1].changes == (GuardedChange("rules", 1.0, "7", Maker(12, "nft")),)


def test_a_long_burst_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_CHANGES", 2)
    told = Recording(1).record(found(evidence(), evidence(), burst=(BY_NFT,) * 5)[1], blind=BLIND)
    assert (len(told.changes), told.more, told.blind) == (2, 3, ("rules",))


def test_the_names_of_the_sources_are_those_of_the_watch() -> None:
    watch = (Path(record.__file__).parent / "watch.py").read_text("utf-8")
    assert [name for name in record._WATCHED if f'message("{name}")' not in watch] == []


def test_a_thing_that_was_there_before_is_told() -> None:
    """The same drop is met by another flow only after somebody changed a route."""
    recording = Recording(1)
    first, second = found(evidence(), evidence(FORWARDING_OFF))
    recording.record(first._replace(held=second.held), blind=())
    recording._causes = frozenset()
    assert recording.record(second, blind=()).unmoved == (OFF,)
