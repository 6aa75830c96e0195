"""What events bring to flows that pass now: named once, by the first event; nothing of what was told already."""

import msgspec

from hairpin.diagnose.examination import examine
from hairpin.diagnose.foreseen import foreseen
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.socket import Socket
from hairpin.network.flow import FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, FORWARDING, container, egress, engine, host_namespace, network, published

ALWAYS = msgspec.structs.replace(container(), restart_policy="always")
ALL = (published(), published(FromHost()), egress())


def read_whole(within: Network) -> Network:
    return within.with_host(msgspec.structs.replace(within.this, boot_lines=()))


def test_a_cause_is_named_once_by_the_first_event_for_all_its_flows() -> None:
    """A reboot would bring the same."""
    (found,) = foreseen(examine(read_whole(network()), ALL), frozenset())
    assert (found.id, found.event, found.flows) == ("restart-policy-missing", "docker-restart", (0, 1, 2))


def test_a_host_that_comes_back_whole_has_none() -> None:
    assert foreseen(examine(read_whole(network(docker=engine(ALWAYS))), ALL), frozenset()) == ()


def test_what_fails_now_is_nothing_to_come() -> None:
    """A reboot would bring the same to this flow."""
    off = read_whole(network(host_namespace(values=dict.fromkeys(FORWARDING, "0")), docker=engine(ALWAYS)))
    examination = examine(off, (published(),))
    assert examination.causes
    assert foreseen(examination, frozenset()) == ()


def test_an_event_of_which_a_reading_lacks_brings_nothing() -> None:
    """Only a reboot would: nobody knows which scripts run then."""
    live = msgspec.structs.replace(engine(container()), live_restore=True)
    assert foreseen(examine(network(docker=live), ALL), frozenset()) == ()
    assert [each.event for each in foreseen(examine(read_whole(network(docker=live)), ALL), frozenset())] == ["reboot"]


def test_what_is_told_of_others_comes_to_those_whom_a_rule_lets_pass() -> None:
    """The policy stops a client outside now, and a neighbour too once the rule that lets him in is gone."""
    shut = DOCKER_RULES.replace(":INPUT ACCEPT [0:0]\n:FORWARD", ":INPUT DROP [0:0]\n:FORWARD")
    by_hand = with_rule("filter INPUT", "-s 198.51.100.0/24 -j ACCEPT", shut)
    saved = ConfigFile("/etc/iptables/rules.v4", "*filter\n:INPUT DROP [0:0]\nCOMMIT\n")
    served = host_namespace(by_hand, sockets=(Socket("tcp", 4, None, 22, process="sshd"),))
    made = read_whole(network(served, docker=engine(ALWAYS)))
    units = (Unit("docker.service", "active", "enabled"), Unit("netfilter-persistent.service", "active", "enabled"))
    made = made.with_host(msgspec.structs.replace(made.this, files=(saved,), units=units))
    lan = published(Lan(parse_address("198.51.100.7")[1]))
    examination = examine(made, tuple(msgspec.structs.replace(each, dport=22) for each in (published(), lan)))
    told = frozenset(key for each in examination.causes for key in each.keys)
    assert told
    (found,) = foreseen(examination, told)
    assert (found.id, found.event, found.flows) == ("runtime-only-rule", "saved-rules-restore", (1,))
