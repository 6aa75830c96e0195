"""Each cause has one remedy, named after the leading part of its change, with what keeps every part."""

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Unit
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.report.words import Words
from tests.causes.hosts import asked
from tests.compose_host import BRIDGE, of_compose
from tests.remedy.situations import deletion, insertion, network, remedy, situation, sysctl
from tests.small_host import CLIENT, DOCKER_RULES, host_namespace, published
from tests.small_host import network as small_network

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


CLOSED = DOCKER_RULES.replace(
    "-A DOCKER-USER -j RETURN",
    '-A DOCKER-USER -i eth0 -m comment --comment "only office" -j DROP\n-A DOCKER-USER -j RETURN',
)


def narrow(whole: Network, flow: Flow) -> Remedy:
    """Return the remedy that inserts a rule."""
    (found,) = diagnose(whole, flow).causes
    return next(each for each in remedies(found.cause, found.candidate, whole) if each.id == "insert-rule")


def test_a_rule_for_a_published_port_asks_for_the_translation_and_not_for_the_bridge() -> None:
    found = narrow(of_compose(CLOSED), published())
    assert "--ctstate DNAT --ctorigdstport 8151" in found.commands[0]
    assert not any(BRIDGE in each for each in (*found.commands, *found.persist_commands))
    usual = narrow(small_network(host_namespace(CLOSED)), published())
    assert "-o docker0" in usual.commands[0]


def test_a_rule_that_needs_the_bridge_says_that_its_name_passes() -> None:
    direct = asked(Outside(CLIENT), "172.17.0.2", 80)
    for whole, passes in ((of_compose(CLOSED), True), (small_network(host_namespace(CLOSED)), False)):
        found = narrow(whole, direct)
        told = [Words("en")(each) for each in found.advice]
        assert any("gets another name" in each for each in told) is passes
