"""Two hosts that should be alike: their own names and addresses do not count."""

import msgspec

from hairpin.compare.comparison import both_hosts, comparison_of
from hairpin.compare.own_facts import with_facts_of, with_name_of
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.report.answers import FORWARDING_OFF, Replacement, evidence
from tests.rows import each_row


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


# path, text, name, the other host's name, text under the other name
CASES: dict[str, tuple[str, str, str, str, str]] = {
    "names of an address": ("/etc/hosts", "127.0.1.1 a.x.org a # a\n", "a", "b", "127.0.1.1 b.x.org b # a\n"),
    "another host's name": ("/etc/hosts", "10.0.0.2 web a-1 ab\n", "a", "b", "10.0.0.2 web a-1 ab\n"),
    "an address is no name": ("/etc/hosts", "a 10.0.0.1\n", "a", "b", "a 10.0.0.1\n"),
    "a qualified name": ("/etc/hosts", "10.0.0.1 n1.x.org n1\n", "n1.x.org", "n2.x.org", "10.0.0.1 n2.x.org n2\n"),
    "the file of the name": ("/etc/hostname", "web\n", "web", "db", "db\n"),
    "ifcfg": ("/etc/sysconfig/network", "DHCP_HOSTNAME=web\nWEB=web\n", "web", "db", "DHCP_HOSTNAME=db\nWEB=web\n"),
    "networkd": ("/etc/systemd/network/a.network", "[DHCPv4]\nHostname=a\n", "a", "b", "[DHCPv4]\nHostname=b\n"),
    "interfaces": ("/etc/network/interfaces", "iface a inet dhcp\n  hostname a\n", "a", "b",
                   "iface a inet dhcp\n  hostname b\n"),
    "a rule's comment": ("/etc/nftables.conf", 'accept comment "a host"\n', "a", "b", 'accept comment "a host"\n'),
    "a rule's word": ("/etc/nftables.conf", "tcp dport 80 accept\n", "accept", "drop", "tcp dport 80 accept\n"),
}  # fmt: skip


@each_row(("path", "text", "name", "other", "expected"), CASES.values(), ids=CASES)
def test_with_name_of(path: str, text: str, name: str, other: str, expected: str) -> None:
    assert with_name_of(path, text, name, other) == expected
