"""The answer in one line, as a monitoring plugin prints it."""

import re

import pytest

from hairpin.report.brief import Brief, Figure
from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF

# Monitoring Plugins Development Guidelines: 'label'=value[UOM];[warn];[crit];[min];[max]
LINE = re.compile(r"(OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+ \|(?: [a-z]+=\d+;\d*;\d*;\d*)+\n")


def test_no_text_becomes_a_figure_or_a_second_line() -> None:
    line = Brief("OK", "a | b\nc\x1b[1m", (Figure("flows", 3), Figure("failing", 0, alarms=True))).line()
    assert line == r"OK - a / b c\x1b[1m | flows=3;;;0 failing=0;;0;0"
    assert Brief("UNKNOWN", "x").line() == "UNKNOWN - x"


def test_a_blocking_cause_is_critical(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8080", "--no-replica", "--brief", "--snapshot", snapshot(FORWARDING_OFF))
    assert LINE.fullmatch(ended.out)
    assert ended.out.startswith("CRITICAL - ")
    assert "interface-forwarding-off: " in ended.out


def test_what_an_event_will_break_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "events", "8080", "--brief", "--snapshot", snapshot()).out
    assert LINE.fullmatch(told)
    assert told.startswith("WARNING - flows fail after ")
    assert "docker-stop" in told


def test_an_event_that_was_asked_for_is_critical(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("check", "8080", "--no-replica", "--brief", "--snapshot", snapshot(), "--after")
    assert call(capsys, *asked, "docker-stop").out.startswith("CRITICAL - ")
    assert call(capsys, *asked, "conntrack-flush").out.startswith("OK - ")
