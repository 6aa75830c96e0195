"""Expectations on paper."""

from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import hold
from hairpin.report.paper import Paper
from hairpin.report.text.expectations import held_text
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, Replacement, evidence

FILE = '[[must]]\nreach = "8080"\nfrom = ["outside", "lan", "host"]\n'


def text(file: str, *replacements: Replacement, verbose: bool = False) -> str:
    held = hold(parse_expectations(file, "expect.toml"), (evidence(*replacements),))
    return held_text(held, Words("en"), Paper(), file="expect.toml", verbose=verbose)


def test_what_fails_alike_is_one_entry() -> None:
    told = text(FILE, FORWARDING_OFF)
    assert told.startswith("2 of 3 expectations are broken\n")
    assert told.count("✗ ") == 1
    assert "✗ 8080 must be reachable from outside, lan\n" in told
    assert "`hairpin check` proves these causes" in told


def test_what_holds_is_one_line() -> None:
    assert text(FILE) == "3 expectations hold\n"
    assert text(FILE, verbose=True).count("✓ 8080 must be reachable from ") == 3
    assert text("") == "the file expects nothing\n"


def test_what_is_gone_names_the_way_out() -> None:
    told = text('[[must-not]]\nreach = "8080"\nfrom = "network:lost"\n')
    assert "? 8080 must not be reachable from network:lost\n" in told
    assert "`hairpin expect --diff expect.toml` says what to take out" in told
