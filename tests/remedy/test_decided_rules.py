"""A rule that somebody decided shows it; its accidental twin does not."""

import msgspec
import pytest

from hairpin.host.managers import ConfigFile
from hairpin.host.route import PolicyRule, Route
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset, Set
from hairpin.network.network import Network
from hairpin.remedy.decided_rules import keeps_in, sign_of, sign_of_policy_rule, sign_of_route
from tests.causes.hosts import ruled, with_host
from tests.rows import each_row
from tests.rule_text import with_chain, with_rule
from tests.small_host import DOCKER_RULES, HOST_NETNS, host_namespace, network, route


def sign(whole: Network, chain: str, number: int = 1) -> str:
    """Return what shows that somebody decided the rule of that number; empty: nothing."""
    table = whole.namespace(HOST_NETNS).ruleset.table("ip", "filter")
    assert table is not None
    held = table.chain(chain)
    assert held is not None
    found = sign_of(place_of(table, chain, held.rules[number - 1]), HOST_NETNS, whole)
    return str(found) if found is not None else ""


def user(*rules: str, chain: str = "DOCKER-USER") -> Network:
    """Return the host with these rules, in this order, at the beginning of a chain."""
    text = DOCKER_RULES
    for each in reversed(rules):
        text = with_rule(f"filter {chain}", each, text)
    return ruled(text)


@each_row(
    ("rule", "shown"),
    (
        ('-i eth0 -m comment --comment "only office" -j DROP', "only office"),
        ("-i eth0 -m comment --comment office -j DROP", "office"),
        ("-i eth0 ! -s 10.0.0.0/8 -j DROP", "all clients except 10.0.0.0/8"),
        ("-i eth0 ! -s 10.0.0.7/255.0.0.255 -j DROP", "all clients except 10.0.0.7/255.0.0.255"),
        ("-m set --match-set banned src -j DROP", "set banned"),
        ("-m set ! --match-set friends src -j DROP", "not in set friends"),
        ("-s 192.0.2.10/32 -j DROP", "192.0.2.10"),
        ("-p tcp -m time --timestart 18:00 --timestop 08:00 -j DROP", "times that somebody set"),
        ("-m time --datestop 2038-01-19T03:14:07 -j REJECT", "times that somebody set"),
        ("-m time --weekdays Sa,Su -j ACCEPT", ""),
        ("-i eth0 -j DROP", ""),
        ("-i eth0 -p tcp -m conntrack --ctorigdstport 8151 -j DROP", ""),
        ("-o docker0 -p tcp -m tcp --dport 80 -j REJECT", ""),
        ("-s 192.0.2.0/24 -j DROP", "192.0.2.0/24"),
        ("-s 172.17.0.0/16 ! -d 172.17.0.0/16 ! -o wg0 -j REJECT", "only to 172.17.0.0/16"),
        ("-i docker0 ! -o wg0 -j REJECT", "only through wg0"),
        ("-i eth0 ! -o docker0 -j DROP", ""),
        ("-s 172.17.0.2/32 -j DROP", ""),
        ("-s 172.17.0.0/16 -o eth0 -j REJECT", "172.17.0.0/16 from leaving by eth0"),
        ("-s 172.17.0.0/16 -o docker0 -j REJECT", ""),
    ),
)
def test_a_rule_shows_by_itself_that_it_was_decided(rule: str, shown: str) -> None:
    found = sign(user(rule), "DOCKER-USER")
    assert shown in found
    assert bool(found) == bool(shown)


@each_row(
    ("before", "closes"),
    (
        ("-s 203.0.113.0/24 -j RETURN", True),
        ("-i eth0 -p tcp -m tcp --dport 443 -j ACCEPT", True),
        ("-m set --match-set friends src -j ACCEPT", True),
        ("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN", True),
        ("-i lo -j ACCEPT", False),
        ("-i eth1 -s 203.0.113.0/24 -j RETURN", False),
        ("-s 203.0.113.0/24 -j DROP", False),
    ),
)
def test_the_end_of_a_list_of_those_who_may_pass_was_decided(before: str, closes: bool) -> None:
    found = sign(user(before, "-i eth0 -j DROP"), "DOCKER-USER", 2)
    assert bool(found) == closes
    assert not closes or before in found


def test_answers_let_through_are_no_decision_outside_of_docker_user() -> None:
    answers = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    assert sign(user(answers, "-i eth0 -j DROP", chain="FORWARD"), "FORWARD", 2) == ""


def test_a_list_for_another_port_is_not_ended_by_a_rule_about_this_one() -> None:
    rules = ("-p tcp -m tcp --dport 22 -j ACCEPT", "-p tcp -m tcp --dport 7000 -j DROP")
    assert sign(user(*rules, chain="INPUT"), "INPUT", 2) == ""


def test_a_chain_of_ones_own_was_decided_and_an_engines_is_nobodys() -> None:
    assert "SITE" in sign(ruled(with_chain("SITE", "-i eth0 -j DROP")), "SITE")
    stage = "DOCKER-ISOLATION-STAGE-2"
    assert sign(ruled(with_chain(stage, "-o docker0 -j DROP")), stage) == ""
    assert sign(user(chain="FORWARD"), "FORWARD") == ""


@pytest.mark.parametrize(
    ("remembered", "shown"),
    (
        ("reject tcp 80 0.0.0.0/0 any 0.0.0.0/0 in comment=6e6f", "`ufw reject 80/tcp`, with the comment “no”"),
        ("reject tcp 80 0.0.0.0/0 any 0.0.0.0/0 in", "`ufw reject 80/tcp`"),
        ("reject any any 0.0.0.0/0 any 192.0.2.0/24 in", "`ufw reject from 192.0.2.0/24`"),
    ),
)
def test_a_rule_of_ufws_users_is_told_as_they_typed_it(remembered: str, shown: str) -> None:
    words = "-p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"
    lines = (
        "*filter",
        ":ufw-user-input - [0:0]",
        f"### tuple ### {remembered}",
        f"-A ufw-user-input {words}",
        "COMMIT",
        "",
    )
    text = "\n".join(lines)
    whole = ruled(with_chain("ufw-user-input", words, hook="INPUT"))
    kept = with_host(whole, files=(ConfigFile("/etc/ufw/user.rules", text),))
    assert shown in sign(kept, "ufw-user-input")
    assert "a user of ufw" in sign(whole, "ufw-user-input")


SUBNET = 0xAC110000
UPLINK = 0xC633640B
"""198.51.100.11, the host's own address."""
VPN = PolicyRule(4, 100, table=51820, source=(SUBNET, 16), text="from 172.17.0.0/16 lookup 51820")
REFUSING = Route(4, 0, 0, table=51820, type="unreachable")


@each_row(
    ("rule", "routes", "shown", "kills"),
    (
        (VPN, (REFUSING,), "unreachable default", True),
        (VPN, (route("default", "eth0", via="198.51.100.1", table=51820),), "table that somebody filled", False),
        (VPN, (), "", False),
        (msgspec.structs.replace(VPN, source=(UPLINK, 32)),
         (route("default", "eth0", via="198.51.100.1", table=51820),), "answers from 198.51.100.11", False),
        (msgspec.structs.replace(VPN, action="prohibit", table=None), (), "refuses", True),
        (msgspec.structs.replace(VPN, table=254), (), "", False),
    ),
)  # fmt: skip
def test_a_policy_rule(rule: PolicyRule, routes: tuple[Route, ...], shown: str, kills: bool) -> None:
    host = host_namespace()
    namespace = msgspec.structs.replace(host, routes=(*host.routes, *routes))
    found = sign_of_policy_rule(rule, namespace)
    assert shown in str(found or "")
    assert (found is not None) == bool(shown)
    assert keeps_in(rule, namespace) == kills


@pytest.mark.parametrize(
    ("one", "decided"),
    (
        (REFUSING, True),
        (Route(4, SUBNET, 16, type="blackhole"), True),
        (route("203.0.113.0/24", "eth0", table=100), True),
        (route("203.0.113.0/24", "eth0"), False),
    ),
)
def test_a_route(one: Route, decided: bool) -> None:
    assert (sign_of_route(one) is not None) == decided


def test_what_is_not_in_a_set_of_addresses_and_ports_was_shut_out_by_decision() -> None:
    """iptables' ``! --match-set`` of two fields is a choice of one match (AnyOfMatch)."""
    services = Set("services", "hash:ip,port", ())
    rule = "-i eth0 -m set ! --match-set services src,dst -j DROP"
    (table,) = parse(
        f"*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER {rule}\nCOMMIT\n",
        family="ip",
        dialect="iptables-nft",
        source="iptables",
        ipsets=(services,),
    )
    namespace = host_namespace(DOCKER_RULES)
    ruled_by = msgspec.structs.replace(namespace, ruleset=Ruleset((table,), (services,)))
    assert "all addresses that are not in set services" in sign(network(ruled_by), "DOCKER-USER")
