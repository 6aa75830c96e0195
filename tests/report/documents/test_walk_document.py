"""A walk's JSON: every step with the packet after it, against the published schema."""

import pytest

from hairpin.report.documents.walk_document import RuleDocument, SysctlDocument, WalkDocument, walk_document
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer
from tests.report.strict import errors

HOSTS: dict[str, tuple[Replacement, ...]] = {"healthy": (), "sysctl": (FORWARDING_OFF,), "rule": (USER_DROPS,)}


def walked(*replacements: Replacement, origin: str = "lan") -> WalkDocument:
    return walk_document(answer(*replacements, origin=origin, kind="walk"), Words())


@pytest.mark.parametrize("origin", ("lan", "host"))
@pytest.mark.parametrize("replacements", HOSTS.values(), ids=HOSTS)
def test_fits_the_published_schema(replacements: tuple[Replacement, ...], origin: str) -> None:
    assert errors(walked(*replacements, origin=origin), "walk-1.json") == []


def test_request_and_reply_with_the_rule_that_translated() -> None:
    found = walked()
    assert found.verdict == "delivered"
    translating = next(each for each in found.request if isinstance(each.decided_by, RuleDocument))
    assert isinstance(translating.decided_by, RuleDocument)
    assert (translating.decided_by.table, translating.decided_by.chain) == ("nat", "DOCKER")
    assert (translating.packet.daddr, translating.packet.dport) == ("172.21.0.2", 80)
    assert found.reply[-1].packet.saddr == "198.51.100.11"


def test_the_last_step_names_what_stopped_it() -> None:
    found = walked(FORWARDING_OFF)
    last = found.request[-1]
    assert last.decided_by == SysctlDocument("net.ipv4.conf.eth0.forwarding", "0", "1")
    assert last.evidence in found.evidence
    assert found.reply == ()
