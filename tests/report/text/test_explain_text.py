"""What people read of `hairpin explain TEXT`."""

import pytest

from hairpin.report.paper import Paper, cells
from hairpin.report.text.explain_text import explain_text
from hairpin.report.words import Words
from tests.explain.answers import explain
from tests.report.answers import FORWARDING_OFF, Replacement

DISABLED = "WARNING: IPv4 forwarding is disabled. Networking will not work."


def told(text: str, *replacements: Replacement, width: int = 80, verbose: bool = False) -> str:
    return explain_text(explain(text, *replacements), Words(), Paper(width=width), verbose=verbose)


def test_a_true_text() -> None:
    text = told(f"Nov 26 01:00:00 host1 dockerd[1]: {DISABLED}\n" * 3, FORWARDING_OFF)
    assert text.startswith(f"│ {DISABLED}\n")
    assert "3 times, from 2026-11-26 01:00:00Z to 2026-11-26 01:00:00Z" in text
    assert "true here: interface-forwarding-off: " in text
    assert "proof: " in text
    assert "repair now:" in text
    assert "more: hairpin explain interface-forwarding-off" in text


def test_a_long_quote_keeps_its_end() -> None:
    text = told(
        f"docker: Error response from daemon: {'x' * 400}: Bind for 0.0.0.0:8080 failed: port is already allocated"
    )
    assert "│ docker: Error response from daemon: " in text
    assert "port is already allocated\n" in text.split("dockerd has given")[0]


def test_a_text_that_is_not_true() -> None:
    text = told(DISABLED)
    assert "not true here now: " in text
    assert "repair" not in text


def test_an_undecided_text_says_what_to_ask() -> None:
    text = told("curl: (7) Failed to connect to 127.0.0.1 port 8080: Connection refused")
    assert "true here? unknown: " in text
    assert "hairpin check 127.0.0.1:8080" in text
    assert "it may be: service-not-listening" in text


def test_the_repair_is_said_once() -> None:
    text = told(f"{DISABLED}\nIPv4 forwarding is disabled", FORWARDING_OFF)
    assert text.count("repair now:") == 1
    assert "the repair above also removes this cause" in text


def test_what_means_nothing() -> None:
    text = told("the frobnicator at 10.0.0.5:8080 is sad")
    assert text.startswith("hairpin does not know the meaning of this text.\n")
    assert "    hairpin check 10.0.0.5:8080" in text


def test_what_to_paste_instead() -> None:
    text = told("port is allocated already")
    assert "Paste the whole line in which the engine" in text
    assert "These known texts share words with it:" in " ".join(text.split())
    assert "  ? dockerd: Bind for …:… failed: port is already allocated\n" in text
    assert "true here" not in text


def test_a_known_text_beside_it_is_enough() -> None:
    text = told(f"{DISABLED}\nport is allocated already", FORWARDING_OFF)
    assert "Paste the whole line" not in text
    assert "Known texts" not in text


def test_a_harmless_text() -> None:
    assert "By itself, this is not a fault." in told("iptables: Bad rule (does a matching rule exist in that chain?).")


def test_harmless_lines_beside_a_fault() -> None:
    text = told(f"{DISABLED}\ndocker0: port 1(veth3f2a1b0) entered disabled state\nnothing", FORWARDING_OFF)
    assert "Healthy hosts also log these lines" in text
    assert "hairpin does not know the meaning of 1 other line." in text


@pytest.mark.parametrize("width", (60, 80, 120))
def test_it_fits_the_paper(width: int) -> None:
    text = told(f"{DISABLED}\nan unknown line\ncurl: (6) Could not resolve host: api", width=width)
    assert [line for line in text.splitlines() if cells(line) > width] == []


def test_no_escape_sequence_reaches_the_terminal() -> None:
    assert "\x1b" not in told("an unknown \x1b]0;title\x07 line \x1b[2J \x9b2J")
