"""The report about a host of which only a text tells."""

import pytest

from hairpin.report.paper import Paper
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Words
from tests.answer.likely.test_likely import OFF, TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, RUN


def shown(*texts: str, targets: tuple[str, ...] = ()) -> str:
    return report_text(answer(*texts, targets=targets), Words("en"), Paper(width=80))


def test_what_was_recognised_by_lines() -> None:
    assert "hairpin read these outputs in the text, by lines: docker run (1), curl (3)." in shown(RUN + TIMED_OUT)


def test_a_shown_fault_has_its_section_and_its_repair() -> None:
    text = shown(RUN, ADDRESSES, OFF, TIMED_OUT)
    assert "cause[interface-forwarding-off]: ens3 does not forward IPv4" in text
    assert "sysctl -w net.ipv4.conf.ens3.forwarding=1" in text
    assert "explains: line 2: curl http://10.8.0.5:8080: timeout" in text
    assert "no configuration file sets" not in text  # no file was read


def test_what_may_be_has_no_repair() -> None:
    text = shown(RUN, TIMED_OUT)
    assert "likely[ip-forward-off]" in text
    assert "sysctl -w" not in text
    assert "Next, run this command on the host (it changes nothing):" in text


def test_suppositions_are_named() -> None:
    text = shown(RUN, targets=("8080",))
    assert "delivered, if the rest of the host is ordinary" in text
    assert "the rules of iptables in filter, nat" in text


def test_alike_suppositions_are_one_line_behind_the_first() -> None:
    text = shown(RUN, RUN.replace("8080", "8081").replace("web", "db"))
    lines = [line.strip() for line in text.splitlines()]
    assert sum("its service listens on all its addresses" in line for line in lines) == 1
    assert any(line.startswith("· the same parts of ") for line in lines)


def test_an_outcome_is_quoted_once() -> None:
    text = shown(RUN, TIMED_OUT)
    assert text.count("likely[") > 1
    assert text.count("curl http://10.8.0.5:8080") == 1
    assert "explains: line 2\n" in text


def test_a_text_without_outputs() -> None:
    assert "hairpin recognises no output in this text." in shown("hello\n", targets=("8080",))


@pytest.mark.parametrize("texts", ((RUN, TIMED_OUT), (RUN, ADDRESSES, OFF, TIMED_OUT)))
def test_it_fits_a_narrow_terminal(texts: tuple[str, ...]) -> None:
    """Commands are not cut: people copy them."""
    found = answer(*texts)
    assert found.next is not None
    lines = report_text(found, Words("en"), Paper(width=80)).splitlines()
    assert f"      {found.next.command}" in lines
    assert all(len(line) <= 80 for line in lines if found.next.command not in line and "echo" not in line)
