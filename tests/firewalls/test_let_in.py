"""Which clients a firewall's manager lets in to a port that it keeps closed to all others."""

import pytest
from msgspec.structs import replace

from hairpin.firewalls.let_in import is_of_ufws_users, is_ufws_default, let_in_by_firewalld, let_in_by_ufw
from hairpin.host.managers import Firewalld, FirewalldZone, Ufw
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Rule, SetMatch, Table, Verdict
from hairpin.netfilter.packet import TCP, Packet
from tests.small_host import host_namespace, network

ASKED = Packet(4, 0xC000020A, 0xC633640B, TCP, 40000, 8080)
ZONES = ("public", "office", "internal")
FIREWALLD = Firewalld(
    True, runtime=(FirewalldZone("public"), FirewalldZone("office", sources=("10.0.0.0/8", "fd00::/8", "ipset:staff")))
)


def filter_table(chains: tuple[str, ...], *rules: str) -> Table:
    """Return iptables' table filter with these chains and rules."""
    lines = ("*filter", *(f":{each} - [0:0]" for each in chains), *(f"-A {each}" for each in rules), "COMMIT", "")
    (made,) = parse("\n".join(lines), family="ip", dialect="iptables-nft", source="t", evidence="e1")
    return made


def zone_table(*rules: str) -> Table:
    """Return the table of firewalld's back end of iptables with these rules in its zones."""
    chains = tuple(f"IN_{zone}{part}" for zone in ZONES for part in ("", "_deny", "_allow"))
    return filter_table((*chains, "FWDI_public", "FWDI_public_deny", "FWDI_public_allow"), *rules)


@pytest.mark.parametrize(
    ("rule", "clients"),
    (
        ("IN_public_allow -s 192.0.2.128/25 -p tcp --dport 8080 -j ACCEPT", ("192.0.2.128/25",)),
        ("IN_public_allow -s 192.0.2.128/25 -p tcp --dport 8000:8100 -j ACCEPT", ("192.0.2.128/25",)),
        ("IN_public_allow ! -s 192.0.2.0/24 -p tcp --dport 8080 -j ACCEPT", ("!192.0.2.0/24",)),
        ("IN_office_allow -p tcp --dport 8080 -j ACCEPT", ("10.0.0.0/8", "ipset:staff")),
        ("IN_office_allow -s 10.1.0.0/16 -p tcp --dport 8080 -j ACCEPT", ("10.1.0.0/16",)),
        ("IN_public_allow -s 192.0.2.128/25 -p udp --dport 8080 -j ACCEPT", ()),
        ("IN_public_allow -s 192.0.2.128/25 -p tcp --dport 22 -j ACCEPT", ()),
        ("IN_public_allow -s 192.0.2.128/25 -j ACCEPT", ()),
        ("IN_public_deny -s 192.0.2.128/25 -p tcp --dport 8080 -j REJECT", ()),
        ("IN_internal_allow -p tcp --dport 8080 -j ACCEPT", ()),
        ("IN_office_allow -p tcp --dport 22 -j ACCEPT", ()),
        ("FWDI_public_allow -s 192.0.2.128/25 -p tcp --dport 8080 -j ACCEPT", ()),
    ),
)
def test_a_zone_has_a_list_only_if_rules_name_the_port_and_clients(rule: str, clients: tuple[str, ...]) -> None:
    assert let_in_by_firewalld(zone_table(rule), "public", FIREWALLD, ASKED) == clients
    assert let_in_by_firewalld(None, "public", FIREWALLD, ASKED) == ()


def test_a_set_of_clients_has_the_name_of_its_ipset() -> None:
    table = zone_table("IN_public_allow -p tcp --dport 8080 -j ACCEPT")
    chains = tuple(
        replace(
            each,
            rules=tuple(Rule((SetMatch("staff", ("saddr4",)), *one.body), one.text, one.number) for one in each.rules),
        )
        for each in table.chains
    )
    assert chains[2].rules[0].body[-1] == Verdict("accept")
    assert let_in_by_firewalld(replace(table, chains=chains), "public", FIREWALLD, ASKED) == ("ipset:staff",)


def test_a_list_of_ufw_is_in_its_users_rules() -> None:
    chains = ("ufw-user-input", "mine")
    some = filter_table(chains, "ufw-user-input -s 10.0.0.0/8 -p tcp --dport 8080 -j ACCEPT")
    assert let_in_by_ufw(some, ASKED) == ("10.0.0.0/8",)
    assert let_in_by_ufw(filter_table(chains, "mine -s 10.0.0.0/8 -p tcp --dport 8080 -j ACCEPT"), ASKED) == ()
    assert let_in_by_ufw(None, ASKED) == ()


def test_a_rule_of_a_user_is_not_ufws_default() -> None:
    host = replace(network(host_namespace()).this, ufw=Ufw(enabled=True))

    def at(chain: str, number: int = 1) -> Place:
        return Place("iptables-nft", "ip", "filter", chain, number, "")

    assert is_of_ufws_users(at("ufw-user-input"))
    assert not is_ufws_default(at("ufw-user-input"), host)
    assert is_ufws_default(at("ufw-reject-input"), host)
    assert is_ufws_default(at("INPUT", 0), host)
    assert not is_ufws_default(at("INPUT"), host)
    assert not is_ufws_default(at("INPUT", 0), replace(host, ufw=Ufw(enabled=False)))
