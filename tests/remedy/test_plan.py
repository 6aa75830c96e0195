"""Each cause has one remedy, named after the leading part of its change, with what keeps every part."""

from hairpin.host.managers import Unit
from hairpin.remedy.plan import remedies
from tests.remedy.situations import deletion, insertion, network, remedy, situation, sysctl

RULES = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s 192.0.2.0/24 -j DROP
COMMIT
"""


def test_a_change_of_two_kinds_is_one_remedy_that_keeps_both() -> None:
    found = network(("/etc/iptables/rules.v4", RULES))
    told = remedy(found, deletion("FORWARD", "-s 192.0.2.0/24 -j DROP"), sysctl("net.ipv4.conf.eth0.rp_filter", "2"))
    assert told.id == "delete-rule"
    assert {each.file for each in told.persist} == {
        "/etc/iptables/rules.v4",
        "/etc/sysctl.d/99-hairpin-ipv4-eth0-rp-filter.conf",
    }
    assert told.commands == ("iptables -D FORWARD -s 192.0.2.0/24 -j DROP", "sysctl -w net.ipv4.conf.eth0.rp_filter=2")


def test_two_kinds_that_edit_one_file_agree() -> None:
    """What is deleted and what is inserted are both in the content, and the diff is against what is there now."""
    found = network(
        ("/etc/iptables/rules.v4", RULES), units=(Unit("netfilter-persistent.service", "active", "enabled"),)
    )
    told = remedy(
        found, deletion("FORWARD", "-s 192.0.2.0/24 -j DROP"), insertion("INPUT", "-p tcp --dport 1 -j ACCEPT")
    )
    (file,) = told.persist
    assert "192.0.2.0" not in file.content
    assert "-A INPUT -p tcp --dport 1 -j ACCEPT" in file.content
    assert file.before == RULES


def test_an_empty_change_has_no_remedy() -> None:
    candidate = situation(network()).candidate
    assert remedies("some-cause", candidate, network()) == ()
