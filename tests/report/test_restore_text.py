"""What an engine has lost, as people read it."""

from hairpin.report.paper import Paper
from hairpin.report.restore_text import restore_text
from hairpin.report.words import Words
from tests.apply.test_restoring import DNAT, found


def text(*replacements: tuple[str, str], applying: bool = False) -> str:
    return restore_text(found(*replacements), Words("en"), Paper(), applying=applying)


def test_the_lost_rules_are_listed() -> None:
    shown = text((DNAT, ""))
    assert "docker has lost 1 rule\n" in shown
    assert "\n  ip nat  -A DOCKER ! -i br-5c658742893b -p tcp" in shown
    assert "Nothing was changed" in shown
    assert "Nothing was changed" not in text((DNAT, ""), applying=True)


def test_a_whole_host() -> None:
    assert text().endswith("the engines have all their chains and rules\n")
