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


def test_the_kind_of_a_link_may_stand_alone_in_a_line_without_indentation() -> None:
    text = (
        "2: veth0@if4: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n"
        "link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0\n"
        "veth\n"
        "inet 192.0.2.1/24 scope global veth0\n"
        "3: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n"
        "link/ether 02:42:ac:11:00:03 brd ff:ff:ff:ff:ff:ff\n"
        "inet 198.51.100.11/24 scope global eth0\n"
    )
    own = parse(evidence_in_text(f"$ ip -d addr\n{text}")).namespaces[0]
    assert [each.name for each in own.links] == ["veth0", "eth0"]
    assert [each.link for each in own.addresses] == ["veth0", "eth0"]
