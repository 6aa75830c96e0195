"""What an engine has lost, as people read it."""

import msgspec

from hairpin.apply.restoring import RestorePlan
from hairpin.change.calls import ReloadNetworks
from hairpin.change.step import Ask
from hairpin.report.paper import Paper
from hairpin.report.text.restore_text import restore_text
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


def of_podman() -> RestorePlan:
    """Return a plan whose step nothing takes back."""
    made = found((DNAT, ""))
    (repair,) = made.plan.repairs
    remedy = msgspec.structs.replace(repair.remedy, steps=(Ask(repair.host, ReloadNetworks()),))
    plan = msgspec.structs.replace(made.plan, repairs=(msgspec.structs.replace(repair, remedy=remedy),))
    return msgspec.structs.replace(made, plan=plan)


def test_what_nothing_takes_back_is_said_before() -> None:
    assert "No command undoes this." in restore_text(of_podman(), Words("en"), Paper(), applying=True)
    assert "No command undoes this." not in text((DNAT, ""), applying=True)
