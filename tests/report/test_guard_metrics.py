"""A guard's metrics: bounded, and as Prometheus reads them."""

from collections import Counter

import msgspec
import pytest

from hairpin.guard.round import Round
from hairpin.report import guard_metrics as metrics
from hairpin.report.guard_metrics import GuardTotals, guard_metrics
from tests.guard.test_rounds import found
from tests.report.answers import FORWARDING_OFF, evidence


def lines(*told: Round, **fields: object) -> set[str]:
    totals = GuardTotals(1000.0, 1010.5)
    for each in told:
        totals.count(each, 0.25)
    for name, value in fields.items():
        setattr(totals, name, value)
    return set(guard_metrics(totals).splitlines())


def test_what_is_broken_and_why() -> None:
    told = lines(*found(evidence(), evidence(FORWARDING_OFF)), blind=2)
    assert {
        "hairpin_guard_up 1",
        "hairpin_guard_start_timestamp_seconds 1000",
        "hairpin_guard_heartbeat_timestamp_seconds 1010.500",
        "hairpin_guard_blind 2",
        "hairpin_guard_rounds_total 2",
        "hairpin_guard_last_round_seconds 0.250",
        'hairpin_guard_changes_total{part="rules"} 1',
        'hairpin_guard_changes_total{part="links"} 0',
        'hairpin_guard_expectations{state="broken"} 1',
        'hairpin_guard_expectations{state="held"} 1',
        'hairpin_guard_expectation_broken{expect="must",reach="8080",from="outside"} 1',
        'hairpin_guard_expectation_broken{expect="must",reach="8080",from="host"} 0',
        'hairpin_guard_causes{id="interface-forwarding-off"} 1',
        'hairpin_guard_alerts_failed_total{way="webhook"} 0',
    } <= told


def test_a_host_that_could_not_be_read_keeps_what_is_known() -> None:
    told = lines(*found(evidence(FORWARDING_OFF), None))
    assert "hairpin_guard_failed_rounds_total 1" in told
    assert 'hairpin_guard_expectations{state="broken"} 1' in told


def test_before_the_first_round() -> None:
    told = lines()
    assert "hairpin_guard_rounds_total 0" in told
    assert not any("expectation" in each for each in told)


def test_deeds() -> None:
    told = lines(alerts=Counter({("webhook", "failed"): 3}), heals=Counter({"verified": 2}))
    assert 'hairpin_guard_alerts_failed_total{way="webhook"} 3' in told
    assert 'hairpin_guard_heals_total{result="verified"} 2' in told


def test_the_number_of_samples_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_EXPECTATIONS", 1)
    assert sum(each.startswith("hairpin_guard_expectation_broken{") for each in lines(*found(evidence()))) == 1


def test_an_ended_guard_says_so() -> None:
    assert guard_metrics(msgspec.structs.replace(GuardTotals(1.0, 1.0)), is_up=False).endswith("hairpin_guard_up 0\n")
