"""Links of which not all addresses are told."""

from hairpin.host.read.parse import parse
from tests.pasted.readings import evidence_in_text


def test_links_without_addresses_do_not_tell_that_there_are_none() -> None:
    text = (
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\n"
    )
    found = evidence_in_text(f"$ ip link\n{text}")
    assert [each.key for each in found.readings[1:]] == ["ip-link-text"]
    assert [each.name for each in parse(found).namespaces[0].links] == ["eth0"]
