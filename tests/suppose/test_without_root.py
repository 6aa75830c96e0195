"""A host that a user without root has read is completed with the rules that its engine makes."""

from pathlib import Path

from hairpin.evidence.file import read
from hairpin.evidence.reading import HOST
from hairpin.host.read.parse import parse
from hairpin.suppose.without_root import supposing_unread

RECORDED = Path(__file__).parents[1] / "fixtures" / "without_root" / "group"


def test_rules_are_the_engines_and_what_was_read_stays() -> None:
    evidence = read(RECORDED / "healthy-plain.hairpin")
    before = parse(evidence)
    after = supposing_unread(before, evidence)
    own, read_ = after.namespace(HOST), before.namespace(HOST)
    table = own.ruleset.table("ip", "nat")
    assert table is not None
    docker = table.chain("DOCKER")
    assert docker is not None
    assert any("8151" in rule.text for rule in docker.rules)
    assert read_.ruleset.tables == ()
    assert (own.sockets, own.sysctls, own.routes, own.addresses) == (
        read_.sockets, read_.sysctls, read_.routes, read_.addresses
    )  # fmt: skip
    assert after.is_partly_read
    assert not after.is_of_text
    assert after.told is not None
    assert after.told.proves(HOST, "sockets")
    assert not after.told.proves(HOST, "ruleset")
