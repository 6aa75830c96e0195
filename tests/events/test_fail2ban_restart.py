"""fail2ban is restarted: its jumps are at the heads of their chains again, and only jails that ban have rules."""

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.events.course import Course
from hairpin.events.happening import asked_course
from hairpin.host.managers import Unit
from hairpin.netfilter.ipset import parse as parse_sets
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.small_host import host_namespace, network

ACTIVE = Unit("fail2ban.service", "active", "enabled")
RULES = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:f2b-idle - [0:0]
:f2b-sshd - [0:0]
-A INPUT -p tcp -m tcp --dport 8151 -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,8151 -j f2b-sshd
-A INPUT -p tcp -m tcp --dport 25 -j f2b-idle
-A INPUT -m set --match-set f2b-web src -j DROP
-A f2b-idle -j RETURN
-A f2b-sshd -s 192.0.2.10/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-sshd -j RETURN
COMMIT
"""


def host(rules: str = RULES, *units: Unit) -> Network:
    """Return the host with these rules, on which these units were read."""
    sets = parse_sets("create f2b-web hash:ip family inet\nadd f2b-web 192.0.2.10\n", source="test")
    tables = parse(rules, family="ip", dialect="iptables-nft", source="test", ipsets=sets)
    within = network(msgspec.structs.replace(host_namespace(), ruleset=Ruleset(tables, sets)))
    return within.with_host(msgspec.structs.replace(within.this, units=units))


def restarted(within: Network) -> Course:
    """Return the course after the restart."""
    return asked_course(within, parse_event("fail2ban-restart"))[1]


def test_the_jumps_come_first_and_a_jail_without_bans_has_none() -> None:
    course = restarted(host(RULES, ACTIVE))
    table = course.namespace.ruleset.table("ip", "filter", "iptables-nft")
    assert table is not None
    chain = table.chain("INPUT")
    assert chain is not None
    assert [each.text.rpartition("-j ")[2] for each in chain.rules] == ["f2b-sshd", "DROP", "ACCEPT"]
    assert [len(each.rules) for each in table.chains if each.name.startswith("f2b-")] == [2]
    assert [str(each) for each in course.conditions] == ["fail2ban bans the same addresses again"]


@pytest.mark.parametrize(
    "within",
    (
        host(RULES, Unit("fail2ban.service", "inactive", "disabled")),
        host(RULES, Unit("ssh.service", "active", "enabled")),
        network(),
    ),
    ids=("it does not run", "it is not there", "no rule of its"),
)
def test_a_host_without_its_rules(within: Network) -> None:
    with pytest.raises(UsageError):
        restarted(within)
