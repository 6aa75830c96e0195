"""A comparison as people read it."""

from hairpin.compare.comparison import Comparison
from hairpin.report.diff_text import diff_text
from hairpin.report.paper import Paper
from hairpin.report.words import Words
from tests.compare.small_pairs import comparison, with_rules

USER = "-A DOCKER-USER -j RETURN\n"


def _text(found: Comparison) -> str:
    return diff_text(found, Words(), Paper(width=110))


def test_nothing_differs() -> None:
    assert "nothing differs" in _text(comparison(with_rules()))


def test_what_decides_comes_first() -> None:
    text = _text(comparison(with_rules((USER, f"-A DOCKER-USER -p tcp -j DROP\n{USER}"))))
    assert "This change decides:" in text
    assert "+ -A DOCKER-USER -p tcp -j DROP" in text
    assert "delivered → dropped" in text
    assert text.index("This change decides:") < text.index("Firewall rules")


def test_sets_that_would_do_as_well() -> None:
    two = "-A DOCKER-USER -p tcp -j DROP\n-A DOCKER-USER -d 172.17.0.0/16 -p tcp -j DROP\n"
    text = _text(comparison(with_rules((USER, two + USER))))
    assert "Each of these would do as well: d2" in text
    assert "to undo it takes all of these: d1 d2" in text
