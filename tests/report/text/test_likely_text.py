"""The report about a host of which only a text tells."""

import pytest

from hairpin.answer.decisive import exit_status
from hairpin.report.paper import Paper
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Language, Words
from tests.answer.likely.test_likely import OFF, REFUSED, TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, RUN


def shown(*texts: str, targets: tuple[str, ...] = (), verbose: bool = False, lang: Language = "en") -> str:
    return report_text(answer(*texts, targets=targets), Words(lang), Paper(width=80), verbose=verbose)


def test_what_was_recognised_is_counted_and_listed_if_wanted() -> None:
    said = "hairpin read these outputs in the text, by lines: docker run (1), curl (3)."
    assert said in shown(RUN + TIMED_OUT, verbose=True)
    short = shown(RUN + TIMED_OUT)
    assert said not in short
    assert "read: 2 outputs in the text (-v names them)" in short


def test_the_answer_begins_with_what_the_text_proves() -> None:
    assert shown(RUN, ADDRESSES, OFF, TIMED_OUT).startswith("The text proves the cause.\n✗ dropped, whatever")
    assert shown(RUN, TIMED_OUT).startswith("The text proves no cause.")
    assert shown(RUN, targets=("8080",)).startswith("The text shows no fault.\n? delivered, if the rest")


@pytest.mark.parametrize("lang", ("en", "zh"))
def test_a_text_about_no_network_is_one_sentence(lang: Language) -> None:
    assert (
        shown("We met at noon.\n", lang=lang)
        == {"en": "Nothing here is about a network.\n", "zh": "这里没有关于网络的内容。\n"}[lang]
    )
    assert exit_status(answer("We met at noon.\n")) == 0
    assert exit_status(answer("We met at noon.\n", targets=("8080",))) == 3


def test_at_most_three_likely_causes_are_named() -> None:
    assert shown(RUN, TIMED_OUT).count("likely[") <= 3
    assert "other causes are possible (-v shows them)" in shown(RUN, TIMED_OUT)
    assert shown(RUN, TIMED_OUT, verbose=True).count("likely[") > 3


def test_what_speaks_against_a_cause_stands_below_it() -> None:
    works = "$ curl -I http://10.8.0.5:8080\nHTTP/1.1 200 OK\n"
    text = shown(RUN, works, REFUSED, "WARNING: IPv4 forwarding is disabled. Networking will not work.\n")
    assert "against it: line 2" in text


def test_nothing_more_is_asked_if_all_failures_are_explained() -> None:
    assert "Next, run" not in shown(RUN, ADDRESSES, OFF, TIMED_OUT)


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
    text = shown(RUN, targets=("8080",), verbose=True)
    assert "delivered, if the rest of the host is ordinary" in text
    assert "the rules of iptables in filter, nat" in text
    assert "the rules of iptables" not in shown(RUN, targets=("8080",))
    assert "assumed: 8 parts that the text does not show" in shown(RUN, targets=("8080",))


def test_alike_suppositions_are_one_line_behind_the_first() -> None:
    text = shown(RUN, RUN.replace("8080", "8081").replace("web", "db"), verbose=True)
    lines = [line.strip() for line in text.splitlines()]
    assert sum("its service listens on all its addresses" in line for line in lines) == 1
    assert any(line.startswith("· the same parts of ") for line in lines)


def test_an_outcome_is_quoted_once() -> None:
    text = shown(RUN, TIMED_OUT)
    assert text.count("likely[") > 1
    assert text.count("curl http://10.8.0.5:8080") == 1
    assert "for it: line 2\n" in text


def test_a_text_without_outputs() -> None:
    assert "read: no output of a command" in shown("hello\n", targets=("8080",))
    assert "hairpin recognises no output in this text." in shown("hello\n", targets=("8080",), verbose=True)


@pytest.mark.parametrize("texts", ((RUN, TIMED_OUT), (RUN, ADDRESSES, OFF, TIMED_OUT)))
def test_it_fits_a_narrow_terminal(texts: tuple[str, ...]) -> None:
    """Commands are not cut: people copy them."""
    found = answer(*texts)
    lines = report_text(found, Words("en"), Paper(width=80)).splitlines()
    command = found.next.command if found.next is not None else "echo"
    assert found.next is None or f"      {command}" in lines
    assert all(len(line) <= 80 for line in lines if command not in line and "echo" not in line)


def test_nobody_has_asked_for_the_way_out_of_a_container_that_no_text_names() -> None:
    assert "container:CONTAINER" not in shown("I get Bad Gateway from nginx-proxy.\n")
    assert "container:web" in shown("$ docker run -d --name web nginx\n", "It does not reach the internet.\n")
