"""``hairpin restore --json``: the rules with their places."""

import msgspec

from hairpin.report.documents.restore_document import RestoreDocument, restore_document
from hairpin.report.words import Words
from tests.apply.test_restoring import DNAT, found
from tests.report.strict import errors


def document(*replacements: tuple[str, str]) -> RestoreDocument:
    made = restore_document(found(*replacements), None, Words("en"))
    assert errors(msgspec.to_builtins(made), "restore-1.json") == []
    return made


def test_a_lost_rule_has_its_place() -> None:
    (line,) = document((DNAT, "")).plan
    assert (line.engine, line.tool, line.family, line.table, line.chain) == (
        "docker", "iptables-nft", "ip", "nat", "DOCKER"
    )  # fmt: skip
    assert line.rule is not None
    assert "--dport 8080" in line.rule


def test_a_whole_host() -> None:
    assert document().plan == ()
