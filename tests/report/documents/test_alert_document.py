"""``hairpin.guard-alert/1``."""

import msgspec

from hairpin.message import message
from hairpin.remedy.remedy import OwnersDecision
from hairpin.report.documents.alert_document import fix_command, round_alert_document, sight_alert_document
from hairpin.report.words import Words
from tests.guard.test_rounds import BY_NOBODY, found
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence
from tests.report.strict import errors

WORDS = Words("en")


def test_what_broke_why_and_the_repair() -> None:
    _, told, mended = found(evidence(), evidence(FORWARDING_OFF), evidence())
    document = round_alert_document("broke", told, (told.broke, ()), "web1", "it broke", WORDS)
    assert errors(document, "guard-alert-1.json") == []
    (broke,) = document.broke
    assert (broke.reach, broke.from_, broke.fix) == ("8080", "outside", "hairpin fix 8080")
    (cause,) = broke.causes
    assert (cause.id, cause.commands) == ("interface-forwarding-off", ("sysctl -w net.ipv4.conf.eth0.forwarding=1",))
    assert [each.name for each in document.by] == ["nft"]
    assert document.since == "1970-01-01T00:00:01Z"
    again = round_alert_document("mended", mended, ((), mended.mended), "web1", "it holds", WORDS)
    assert errors(again, "guard-alert-1.json") == []
    assert [each.reach for each in again.mended] == ["8080"]


def test_nobody_is_guessed() -> None:
    told = found(evidence(), evidence(FORWARDING_OFF), burst=(BY_NOBODY,))[1]
    assert round_alert_document("broke", told, (told.broke, ()), "web1", "", WORDS).unknown_maker


def test_a_persons_decision_has_no_command() -> None:
    told = found(evidence(), evidence(USER_DROPS))[1]
    decision = OwnersDecision(message("a person decided it"), message("ask that person"))
    replace = msgspec.structs.replace
    (breach,) = told.broke[0].breaches
    causes = tuple(replace(each, decision=decision) for each in breach.causes)
    decided = replace(told.broke[0], breaches=(replace(breach, causes=causes),))
    (broke,) = round_alert_document("broke", told, ((decided,), ()), "web1", "", WORDS).broke
    assert [(each.commands, each.decision) for each in broke.causes] == [((), "a person decided it")]
    assert (fix_command(decided), fix_command(told.broke[0])) == ("", "hairpin fix 8080")


def test_a_long_burst_is_cut() -> None:
    told = found(evidence(), evidence(FORWARDING_OFF))[1]
    long = told._replace(changes=told.changes * 80)
    document = round_alert_document("broke", long, (told.broke, ()), "web1", "", WORDS)
    assert (len(document.changes), document.left_out) == (50, 30)


def test_blind() -> None:
    document = sight_alert_document("blind", 1.0, (message("the rules"),), "web1", "blind", WORDS)
    assert errors(document, "guard-alert-1.json") == []
    assert document.blind == ("the rules",)
