"""A guard that heals recorded hosts: for whom, how often, and what it says.  Nothing is carried out."""

from collections.abc import Collection, Iterator

import pytest

from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.cli.face.asked import Shown
from hairpin.cli.guarding import healing
from hairpin.cli.guarding.healing import Healer
from hairpin.errors import ApplyError
from hairpin.evidence.reading import Evidence
from hairpin.expect.file import parse_expectations
from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.round import Round
from hairpin.guard.rounds import rounds
from hairpin.guard.warm.reading import KeptReading, WantedReading
from hairpin.message import message
from hairpin.question.question import Question
from tests.report.answers import FORWARDING_OFF, evidence

HEAL = '[[must]]\nreach = "8080"\nfrom = ["outside", "host"]\non-break = "heal"\n'
CRON = SeenChange("sysctls", 1.0, "net.ipv4.ip_forward", Culprit(12, "sh", "sh -c x", ("cron",), "cron.service"))
PERSON = SeenChange("sysctls", 1.0, "net.ipv4.ip_forward", Culprit(12, "sysctl", "sysctl -w x", ("bash", "sshd")))
UNKNOWN = SeenChange("rules", 1.0, "iptables-legacy")
OFF = evidence(FORWARDING_OFF)
Carried = list[tuple[RepairPlan, tuple[str, ...]]]


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> Carried:
    """The plans that were carried out, each with the words of the journal."""
    found: Carried = []

    def carry(plan: RepairPlan, words: tuple[str, ...], _kept: object) -> FixOutcome:
        found.append((plan, words))
        return FixOutcome((str(len(found)),), ())

    monkeypatch.setattr(healing, "carried_out", carry)
    monkeypatch.setattr(healing, "_known_heals", lambda: ())
    monkeypatch.setattr(healing, "somebody_types", lambda: False)
    return found


class _Read(KeptReading):
    """Stands for the readings of this host: one state after the other."""

    def __init__(self, states: Iterator[Evidence]) -> None:
        self._states = states

    def last(self, wanted: WantedReading) -> Evidence:
        del wanted
        return evidence()

    def drain(self) -> bool:
        return True

    def read(self, wanted: WantedReading, look_at: Collection[str] = ()) -> Evidence:
        del wanted, look_at
        return next(self._states)


def told(*steps: tuple[SeenChange, Evidence], text: str = HEAL, first: Evidence | None = None) -> list[Round]:
    """Return the rounds of a host: each change, and the host after it."""
    bursts: Iterator[tuple[SeenChange, ...]] = iter([(change,) for change, _ in steps])
    states = iter([first or evidence(), *(state for _, state in steps)])
    expected, left = parse_expectations(text, "expect.toml"), len(steps)

    def burst(_: float) -> tuple[SeenChange, ...]:
        nonlocal left
        left -= 1
        return next(bursts)

    healer = Healer(expected, Question(), Shown(), _Read(states))
    found = rounds(expected, healer.read, healer.hearing(burst), lambda: not left, act=healer.act)
    return [*map(healer.telling, found)]


def test_what_a_program_broke_is_healed(carried: Carried) -> None:
    found = told((CRON, OFF), (CRON, evidence()))[1]
    assert [each.expectation.origin for each in found.broke] == ["outside"]
    assert [(each.plan, each.repairs) for each in found.healed] == [("1", ("interface-forwarding-off",))]
    assert found.not_healed == ()
    assert carried[0][1] == ("guard", "heal", "by=sh@cron.service", "interface-forwarding-off")


def test_what_a_person_broke_is_told_and_left_whatever_comes_after(carried: Carried) -> None:
    _, broken, later = told((PERSON, OFF), (CRON, OFF))
    assert [str(each.reason) for each in broken.not_healed] == ["sysctl did it in somebody's login session"]
    assert later.not_healed == ()  # it was told
    assert carried == []


def test_who_is_unknown_may_be_who_types(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told((UNKNOWN, OFF))[1].healed
    monkeypatch.setattr(healing, "somebody_types", lambda: True)
    assert "somebody types" in str(told((UNKNOWN, OFF))[1].not_healed[0].reason)
    assert told((CRON, OFF))[1].healed
    assert len(carried) == 2


@pytest.mark.parametrize("word", ("observe", "alert"))
def test_only_what_says_heal(carried: Carried, word: str) -> None:
    found = told((CRON, OFF), text=HEAL.replace('"heal"', f'"{word}"'))[1]
    assert (found.healed, found.not_healed, carried) == ((), (), [])


def test_a_fight_ends(carried: Carried) -> None:
    text = f"[heal]\nmost-per-hour = 2\n{HEAL}"
    found = told(*[(CRON, state) for _ in range(4) for state in (OFF, evidence())], text=text)
    assert sum(len(each.healed) for each in found) == len(carried) == 2
    (fight,) = [one for each in found for one in each.not_healed][:1]
    assert (fight.is_fight, [each.name for each in fight.culprits]) == (True, ["sh"])
    assert "sh and hairpin change interface-forwarding-off in turn, so hairpin has stopped" in str(fight.reason)


def test_a_host_that_changed_meanwhile_is_left(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> FixOutcome:
        raise ApplyError(message("the network {network} was removed meanwhile", network="gone"))

    monkeypatch.setattr(healing, "carried_out", refuse)
    found = told((CRON, OFF))[1]
    assert [str(each.reason) for each in found.not_healed] == ["the network gone was removed meanwhile"]
    assert carried == []


def test_what_only_an_event_breaks_is_said_once(carried: Carried) -> None:
    text = HEAL.replace("on-break", 'survives = "reboot"\non-break')
    rounds_ = told((CRON, evidence()), text=text)
    said = [str(one.reason) for each in rounds_ for one in each.not_healed]
    assert len(said) <= 1
    assert all("only a file keeps it" in each for each in said)
    assert carried == []
