"""What the guard saw, on paper.  docs/expecting.md quotes such a block."""

from datetime import UTC, datetime
from pathlib import Path

from hairpin.collect.snapshot import load
from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import hold
from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.round import Round
from hairpin.message import message
from hairpin.report.paper import Paper
from hairpin.report.text.guard_text import culprit_said, round_text, started_text
from hairpin.report.words import Words
from tests.guard.test_rounds import BY_NFT, BY_NOBODY, found
from tests.report.answers import FORWARDING_OFF, evidence

HOSTS = Path(__file__).parents[2] / "fixtures" / "hosts"


def text(told: Round) -> str:
    return round_text(told, Words("en"), Paper(width=100))


def test_a_break_names_the_cause_and_who_did_it() -> None:
    told = text(found(evidence(), evidence(FORWARDING_OFF))[1])
    assert ": changed: the rules\n  by nft (process 12)\n" in told
    assert "✗ 8080 must be reachable from outside\n" in told
    assert "cause[interface-forwarding-off]: " in told


def test_the_block_of_the_page() -> None:
    """The lines of docs/expecting.md, made of a recorded host and of a change that somebody's cron job made."""
    by_cron = Culprit(625, "sh", "sh -c echo 0 > /proc/sys/net/ipv4/ip_forward", ("cron",), "cron.service")
    change = SeenChange("sysctls", 1.0, "net.ipv4.ip_forward", by_cron)
    expected = parse_expectations('[[must]]\nreach = "8151/tcp"\nfrom = ["outside", "lan"]\n', "expect.toml")
    held = hold(expected, (load(HOSTS / "ip-forward.hairpin"),))
    told = Round(datetime(2026, 12, 1, 9, 37, 20, tzinfo=UTC).timestamp(), (change,), held, held.each)
    page = (Path(__file__).parents[3] / "docs" / "expecting.md").read_text("utf-8")
    assert round_text(told, Words("en"), Paper()) in page


def test_what_breaks_nothing_is_not_told() -> None:
    assert text(found(evidence(), evidence())[1]) == ""


def test_who_is_not_known() -> None:
    states = (evidence(), evidence(FORWARDING_OFF))
    assert "by whom is not known" in text(found(*states, burst=(BY_NOBODY,))[1])
    assert "by whom is not known" not in text(found(*states, burst=(BY_NFT,))[1])
    legacy = SeenChange("rules", 1.0, "iptables-legacy")
    assert "iptables-legacy" in text(found(*states, burst=(legacy,))[1])
    two = (BY_NFT, SeenChange("rules", 1.0, "8", Culprit(13, "iptables")))
    assert "one of these, or several of them" in text(found(*states, burst=two)[1])


def test_all_that_is_known_of_a_process() -> None:
    whole = Culprit(12, "nft", "nft flush ruleset", ("sh", "cron"), "cron.service", 1000)
    said = "by nft (process 12): nft flush ruleset, started by sh < cron, in cron.service, from the login of user 1000"
    assert str(culprit_said(whole)) == said
    assert str(culprit_said(Culprit(0, "nft"))) == "by nft"


def test_the_first_round_says_what_cannot_be_seen() -> None:
    (first,) = found(evidence(FORWARDING_OFF))
    told = started_text(first, (message("who writes settings of the kernel"),), Words("en"), Paper())
    assert ": watching 2 expectations\n  blind: who writes settings of the kernel\n" in told
    assert "✗ 8080 must be reachable from outside\n" in told
