"""Two hosts that should be alike: their own names and addresses do not count."""

import msgspec

from hairpin.compare.comparison import comparison_of
from hairpin.compare.own_facts import with_facts_of
from hairpin.compare.reading_both import both_hosts
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.report.answers import FORWARDING_OFF, Replacement, evidence


def _twin(*replacements: Replacement) -> Evidence:
    """Return the evidence of another host: with another name, addresses and hardware addresses."""
    found = evidence(*replacements)
    mac = parse(found).namespace("host").link("eth0")
    assert mac is not None
    assert mac.mac is not None
    own = mac.mac.to_bytes(6, "big").hex(":")
    texts = (("198.51.100.11", "198.51.100.21"), (own, "02:00:00:00:00:21"))
    readings: list[object] = []
    for each in found.readings:
        text = each.text
        for old, new in texts:
            text = text.replace(old, new)
        readings.append(msgspec.structs.replace(each, text=text))
    return msgspec.structs.replace(found, hostname="node2", readings=tuple(readings))


def test_alike_hosts_are_equal() -> None:
    was, now = evidence(), _twin()
    plain = both_hosts(was, now)
    mapped = with_facts_of(was, now, *plain)
    question = parse_question("check", ("8080",), None, (), World())
    assert not comparison_of(question, *plain, (was, now)).is_equal
    found = comparison_of(question, *both_hosts(mapped, now), (mapped, now), alike=True)
    assert [str(each.where) for each in found.differences] == []
    assert found.flows == ()


def test_what_is_not_their_own_counts() -> None:
    was, now = evidence(), _twin(FORWARDING_OFF)
    mapped = with_facts_of(was, now, *both_hosts(was, now))
    question = parse_question("check", ("8080",), None, (), World())
    found = comparison_of(question, *both_hosts(mapped, now), (mapped, now), alike=True)
    assert [str(each.where) for each in found.differences] == ["net.ipv4.conf.eth0.forwarding"]
    assert found.flows
    assert {each.changes for each in found.flows} == {("d1",)}
