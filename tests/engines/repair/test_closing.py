"""Which policies of FORWARD a flush has opened, and whose decision keeps them open."""

import pytest
from msgspec.structs import replace

from hairpin.engines.missing import missing_on
from hairpin.engines.repair.closing import OpenedPolicy, opened_policies, switched_on_by
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, ScriptLine
from tests.causes.hosts import ruled, with_host
from tests.rule_text import ALL_RULES, with_policy, without

FLUSHED = with_policy("FORWARD", "ACCEPT", without("-A FORWARD ", rules=ALL_RULES))
SWITCH = "net.ipv4.ip_forward=1"


def opened(rules: str = FLUSHED, /, **changes: object) -> tuple[OpenedPolicy, ...]:
    network = with_host(ruled(rules), **changes)
    ((engine, lost),) = missing_on(network.this)
    return opened_policies(lost, engine, network)


def test_a_flushed_chain_with_the_policy_accept_is_closed_again() -> None:
    (found,) = opened()
    assert (found.place.text, found.kept) == ("-P FORWARD ACCEPT", None)


@pytest.mark.parametrize(
    "rules",
    (
        with_policy("FORWARD", "ACCEPT", ALL_RULES),
        with_policy("FORWARD", "ACCEPT", without("-o docker0 -m conntrack", rules=ALL_RULES)),
        with_policy("FORWARD", "DROP", without("-A FORWARD ", rules=ALL_RULES)),
    ),
    ids=("nothing is lost", "one rule is lost", "the policy is DROP"),
)
def test_other_policies_are_left(rules: str) -> None:
    assert opened(rules) == ()


def line(text: str) -> tuple[ScriptLine, ...]:
    return (ScriptLine("/etc/rc.local", 3, text),)


@pytest.mark.parametrize(
    ("changes", "why"),
    (
        ({"boot_lines": line("/sbin/iptables -w -P FORWARD ACCEPT")}, "/etc/rc.local:3 sets it to ACCEPT"),
        ({"boot_lines": line(f"sysctl -w {SWITCH}")}, "/etc/rc.local:3 switches forwarding on"),
        ({"boot_lines": line("echo 1 > /proc/sys/net/ipv4/ip_forward")}, "/etc/rc.local:3 switches forwarding on"),
        ({"files": (ConfigFile("/etc/sysctl.d/r.conf", SWITCH),)}, "/etc/sysctl.d/r.conf:1 switches forwarding on"),
    ),
    ids=("a script sets it", "a script switches forwarding on", "by echo", "a file switches forwarding on"),
)
def test_a_decision_keeps_the_policy(changes: dict[str, object], why: str) -> None:
    (found,) = opened(FLUSHED, **changes)
    assert why in str(found.kept)


@pytest.mark.parametrize(
    "text",
    ("ip6tables -P FORWARD ACCEPT", "iptables -P FORWARD DROP", "iptables -P INPUT ACCEPT", "echo 0 > ip_forward"),
)
def test_other_lines_decide_nothing(text: str) -> None:
    (found,) = opened(boot_lines=line(text))
    assert found.kept is None


def test_each_family_has_its_own_switch() -> None:
    host = replace(ruled(FLUSHED).this, files=(ConfigFile("/etc/sysctl.d/r.conf", "net.ipv6.conf.all.forwarding = 1"),))
    assert isinstance(host, Host)
    assert (switched_on_by("ip", host), switched_on_by("ip6", host)) == (None, "/etc/sysctl.d/r.conf:1")
