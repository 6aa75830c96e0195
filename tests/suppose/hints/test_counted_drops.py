"""Counters of quoted rules that drop name what drops; rules that have counted nothing name nothing."""

import pytest

from hairpin.suppose.hints.counted_drops import counted_drops
from tests.rows import each_row

_NATIVE = '        oifname "tailscale0" ct state ! related,established counter packets {} bytes 46102 {}'


def _found(*lines: str) -> list[tuple[str, int]]:
    return [(each.cause, each.line) for each in counted_drops(enumerate(lines, 1))]


@each_row(
    ("chain", "cause"),
    (
        ("chain ts-forward {", "third-party-forward-chain-drops"),
        ("chain DOCKER-USER {", "docker-user-drops"),
        ("chain ufw-user-input {", "input-drops-host-service"),
        ("chain OUTPUT {", "output-policy-drop"),
        ("chain mine {", "rule-decides-flow"),
    ),
)
def test_a_rule_that_has_dropped_names_its_cause(chain: str, cause: str) -> None:
    assert _found(chain, _NATIVE.format(550, "drop"), "}") == [(cause, 2)]


@pytest.mark.parametrize(
    "lines",
    (
        ("Chain CNI-FORWARD (1 references)", "    3   192 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0"),
        ("-A FORWARD -j x", "[12:700] -A FORWARD -o docker0 -j DROP"),
    ),
)
def test_other_layouts_are_read(lines: tuple[str, str]) -> None:
    assert _found(*lines) == [("third-party-forward-chain-drops", 2)]


@pytest.mark.parametrize(
    "line",
    (
        _NATIVE.format(0, "drop"),
        _NATIVE.format(550, "accept"),
        "    0     0 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0",
        "    3   192 LOG  all  --  *  *  0.0.0.0/0  0.0.0.0/0",
    ),
)
def test_a_rule_that_has_dropped_nothing_names_nothing(line: str) -> None:
    assert _found("chain ts-forward {", line) == []
