"""The object ``live`` of a flow."""

from hairpin.answer.decisive import exit_status
from hairpin.report.brief import brief_of
from hairpin.report.documents.document import report_document
from hairpin.report.documents.live_document import LiveDocument
from hairpin.report.documents.prove_document import prove_document
from hairpin.report.words import Words
from tests.report.answers import USER_DROPS, answer
from tests.report.observed import ALL, GOOD, UNTRIED, observed
from tests.report.strict import errors


def test_without_real_packets_nothing_is_new() -> None:
    assert not isinstance(report_document(answer(), Words()).flows[0].live, LiveDocument)


def test_both_documents_keep_to_their_schemas() -> None:
    for each in (observed(ALL), observed(GOOD, UNTRIED)):
        assert errors(report_document(each, Words()), "report-1.json") == []
        assert errors(prove_document(each, Words()), "prove-1.json") == []


def test_the_figures() -> None:
    live = report_document(observed(ALL), Words()).flows[0].live
    assert isinstance(live, LiveDocument)
    assert (live.sent, live.answered, live.refused, live.silent, live.could_not_try) == (9, 8, 0, 1, 0)
    assert live.interval is not None
    assert live.latency is not None
    assert live.interval.low < 8 / 9 < live.interval.high
    assert (live.latency.p50_ms, live.latency.max_ms) == (4.5, 8.0)
    assert (live.agrees, live.headline is not None) == (False, True)
    assert {each.judge for each in live.steps} == {"observed"}


def test_the_judge_is_observed_where_both_agree() -> None:
    assert {each.judge for each in report_document(observed(GOOD), Words()).flows} == {"observed"}
    assert {each.judge for each in report_document(observed(ALL), Words()).flows} == {"simulated"}


def test_the_exit_status() -> None:
    assert exit_status(observed(GOOD)) == 0
    assert exit_status(observed(ALL)) == 1
    assert exit_status(observed(UNTRIED)) == 3
    assert exit_status(observed(GOOD, UNTRIED)) == 0
    assert exit_status(observed(GOOD, replacements=(USER_DROPS,))) == 3


def test_a_monitor_gets_the_headline() -> None:
    found = brief_of(observed(ALL), Words())
    assert found.state == "CRITICAL"
    assert "hairpin says delivered" in found.text


def test_in_chinese() -> None:
    live = report_document(observed(ALL), Words("zh")).flows[0].live
    assert isinstance(live, LiveDocument)
    assert "判断为" in str(live.headline)
