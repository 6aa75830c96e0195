"""What real packets showed, on the terminal and on the page."""

from hairpin.report.page.answer_page import answer_page
from hairpin.report.paper import Paper
from hairpin.report.real_packets import live_text
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Words
from tests.report.observed import ALL, GOOD, UNTRIED, observed


def told(text: str) -> str:
    return " ".join(text.split())


def test_the_contradiction_is_the_headline() -> None:
    for text in (
        live_text(observed(ALL), Words(), Paper(), verbose=False),
        report_text(observed(ALL), Words(), Paper()),
    ):
        assert told(text).startswith("✗ hairpin says delivered, and 1 of 9 real connections from host to")
    assert "hairpin says delivered, and 1 of 9" in answer_page(observed(ALL), Words())


def test_where_both_agree_there_is_no_headline() -> None:
    text = report_text(observed(GOOD), Words(), Paper())
    assert "hairpin says" not in text
    assert "10 sent from host: 10 answered, 0 refused, 0 silent; 100 % answered (95 % interval 72 to 100 %)" in told(
        text
    )


def test_hops_counters_and_what_was_not_watched() -> None:
    text = told(live_text(observed(ALL), Words(), Paper(), verbose=False))
    assert "9 probes host eth0 → SYN" in text
    assert "8 answers host eth0 ← SYN-ACK" in text
    assert "conntrack in host: 9 entries made, 8 saw an answer" in text
    assert "+1 host inet f c drop" in text
    assert "not watched: the kernel's drop reasons" in text


def test_flows_that_were_not_tried_share_a_line() -> None:
    text = told(report_text(observed(GOOD, UNTRIED), Words(), Paper()))
    assert text.count("not tried, it starts on another host than this one") == 1
