"""The sentences of an alert."""

from hairpin.message import message
from hairpin.report.text.guarding.alert_text import round_summary, sight_summary
from hairpin.report.words import Words
from tests.guard.test_rounds import BY_NOBODY, found
from tests.report.answers import FORWARDING_OFF, evidence

WORDS = Words("en")


def test_what_broke_why_since_when_by_whom_and_the_repair() -> None:
    _, told, mended = found(evidence(), evidence(FORWARDING_OFF), evidence())
    assert round_summary(told, told.broke, (), "web1", WORDS).splitlines() == [
        "web1: 8080 must be reachable from outside is broken: interface-forwarding-off",
        "cause: eth0 does not forward IPv4",
        "since 1970-01-01T00:00:01Z",
        "by nft (process 12)",
        "repair: sysctl -w net.ipv4.conf.eth0.forwarding=1",
        "the whole repair, with its effects: hairpin fix 8080",
    ]
    assert round_summary(mended, (), mended.mended, "web1", WORDS).startswith("web1: 8080 from outside holds again\n")


def test_who_is_not_known() -> None:
    told = found(evidence(), evidence(FORWARDING_OFF), burst=(BY_NOBODY,))[1]
    assert "by whom is not known" in round_summary(told, told.broke, (), "web1", WORDS)


def test_many_are_counted() -> None:
    told = found(evidence(), evidence(FORWARDING_OFF))[1]
    assert "and 15 more expectations" in round_summary(told, told.broke * 20, (), "web1", WORDS)


def test_blind_and_not_any_more() -> None:
    assert sight_summary((message("the rules"),), "web1", WORDS) == "web1: the guard is blind: the rules"
    assert sight_summary((), "web1", WORDS) == "web1: the guard sees everything again"
