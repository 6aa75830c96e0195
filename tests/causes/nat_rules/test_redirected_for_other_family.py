"""A rule redirects the port for one IP version only: its twin is the repair, by the means of the rule itself."""

import msgspec
import pytest

from hairpin.change.calls import AddRichRule
from hairpin.change.change import InsertRule, ReplaceTable
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.link import Address
from hairpin.host.managers import Firewalld
from hairpin.host.socket import Socket
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.save import parse
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import asked, with_host
from tests.rule_text import with_rule
from tests.small_host import CLIENT, DOCKER_RULES, host_namespace, local, network, route
from tests.whole import one_of_each

OWN6, CLIENT6 = (parse_address(each)[1] for each in ("2001:db8:2::11", "2001:db8:1::10"))
BY6, BY4 = asked(Outside(CLIENT6), "2001:db8:2::11", 80), asked(Outside(CLIENT), "198.51.100.11", 80)
SITE = Socket("tcp", 6, None, 8080, process="site", evidence="e4")
REDIRECT = "-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080"
TO_OWN = "-d 198.51.100.11/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 198.51.100.11:8080"
TWIN = "-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080"
TCP, DPORT = ir.FieldMatch("protocol", ((6, 6),)), ir.FieldMatch("dport", ((80, 80),))
TO_SITE = ir.Nat("redirect", ports=(8080, 8080))
V4, V6 = ir.FieldMatch("nfproto", ((2, 2),)), ir.FieldMatch("nfproto", ((10, 10),))


def serving(
    *tables: ir.Table, rules: str = DOCKER_RULES, six: str = "", sockets: tuple[Socket, ...] = (SITE,)
) -> Network:
    """Return the host with addresses of both IP versions and a service on port 8080.  ``rules`` are iptables' rules for
    IPv4, ``six`` those for IPv6, and ``tables`` are further tables."""
    ways = (
        local("2001:db8:2::11/128", "eth0"),
        route("2001:db8:2::/64", "eth0"),
        route("::/0", "eth0", via="2001:db8:2::1"),
    )
    host = host_namespace(rules, routes=ways)
    made = parse(six, family="ip6", dialect="iptables-nft", source="test", evidence="e6") if six else ()
    held = (*host.ruleset.tables, *made, *tables)
    return network(
        msgspec.structs.replace(
            host,
            addresses=(*host.addresses, Address("eth0", 6, OWN6, 64)),
            sockets=(*(host.sockets or ()), *sockets),
            ruleset=msgspec.structs.replace(host.ruleset, tables=held),
        )
    )


def saved(*lines: str) -> str:
    """Return the text of a nat table with these rules of PREROUTING."""
    return "\n".join(("*nat", ":PREROUTING ACCEPT [0:0]", *(f"-A PREROUTING {each}" for each in lines), "COMMIT", ""))


def by_nft(*bodies: tuple[ir.Expression, ...], family: ir.Family = "inet", name: str = "own") -> ir.Table:
    """Return a table with these rules at prerouting, in the form of firewalld's table if it has that name."""
    rules = tuple(ir.Rule(each, f"rule {number}", number, handle=number) for number, each in enumerate(bodies, 1))
    chain = ir.Chain("nat_PRE_public_allow", rules)
    jump = ir.Rule((ir.Jump(chain.name),), f"jump {chain.name}", 1, handle=9)
    base = ir.Chain("nat_PREROUTING", (jump,), "prerouting", "nat", -100, "accept")
    rest = tuple(ir.Chain(f"nat_PRE_public{each}", ()) for each in ("", "_deny"))
    if name != "firewalld":
        base, chain, rest = msgspec.structs.replace(base, rules=rules), ir.Chain("empty", ()), ()
    return ir.Table(family, name, "nft", (base, chain, *rest))


ID = "redirected-for-other-family"
BOTH = by_nft((V4, TCP, DPORT, TO_SITE), (V6, TCP, DPORT, TO_SITE))
CASES: dict[str, Case] = {
    "iptables redirects IPv4": Case(
        serving(rules=with_rule("nat PREROUTING", REDIRECT)), BY6, (ID,),
        serving(rules=with_rule("nat PREROUTING", REDIRECT), six=saved(REDIRECT)),
    ),
    "ip6tables redirects IPv6": Case(
        serving(six=saved(REDIRECT)), BY4, (ID,),
        serving(rules=with_rule("nat PREROUTING", REDIRECT), six=saved(REDIRECT)),
    ),
    "iptables translates to the host's own address": Case(
        serving(rules=with_rule("nat PREROUTING", TO_OWN)),
        BY6, (ID,), serving(BOTH),
    ),
    "a table of nftables for both": Case(serving(by_nft((V4, TCP, DPORT, TO_SITE))), BY6, (ID,), serving(BOTH)),
    "a table of nftables for IPv4": Case(
        serving(by_nft((TCP, DPORT, TO_SITE), family="ip")), BY6, (ID,), serving(by_nft((TCP, DPORT, TO_SITE))),
    ),
    "firewalld": Case(
        serving(by_nft((V4, TCP, DPORT, TO_SITE), name="firewalld")), BY6, (ID,), serving(BOTH),
    ),
    "nothing listens where the rule leads": Case(
        serving(by_nft((V4, TCP, DPORT, TO_SITE)), sockets=()), BY6, ("port-not-published",), serving(BOTH),
    ),
    "another port is redirected": Case(
        serving(by_nft((V4, TCP, ir.FieldMatch("dport", ((81, 81),)), TO_SITE))), BY6, ("port-not-published",),
        serving(BOTH),
    ),
    "only one client is redirected": Case(
        serving(by_nft((V4, ir.FieldMatch("saddr4", ((CLIENT, CLIENT),)), TCP, DPORT, TO_SITE))), BY6,
        ("port-not-published",), serving(BOTH),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_is_silent_on_the_whole_host(case: Case) -> None:
    is_silent(case.whole, case.flow)


def repair(whole: Network, flow: Flow) -> object:
    (found,) = diagnose(whole, flow).causes
    change = found.candidate.change
    (part,) = change.calls or change.parts
    return part


def test_the_twin_is_a_rule_of_the_same_program() -> None:
    by_iptables = repair(serving(rules=with_rule("nat PREROUTING", REDIRECT)), BY6)
    assert isinstance(by_iptables, InsertRule)
    assert (by_iptables.family, by_iptables.rule.text) == ("ip6", TWIN)
    beside = repair(serving(by_nft((V4, TCP, DPORT, TO_SITE))), BY6)
    assert isinstance(beside, InsertRule)
    assert (beside.family, beside.rule.text) == ("inet", "meta nfproto ipv6 tcp dport 80 redirect to :8080")
    alone = repair(serving(by_nft((TCP, DPORT, TO_SITE), family="ip")), BY6)
    assert isinstance(alone, ReplaceTable)
    assert (alone.family, alone.name) == ("ip6", "own")
    managed = with_host(serving(by_nft((V4, TCP, DPORT, TO_SITE), name="firewalld")), firewalld=Firewalld(True))
    assert repair(managed, BY6) == AddRichRule(
        "zone", "public", 'rule family="ipv6" forward-port port="80" protocol="tcp" to-port="8080"'
    )
