"""Of a long set a replica gets the elements that its packets can meet, in each tool's own form; of a short one all."""

import json
from typing import Any

import msgspec
import pytest

from hairpin.netfilter import ipset
from hairpin.netfilter.ir import Element, NumberKey, Ruleset, Set, Table
from hairpin.netfilter.nft import listing
from hairpin.netfilter.nft.sets import NOT_LISTED
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.plan.long_sets import LONG, known_addresses, short_ipsets, short_table, shorten_listing
from tests.rule_text import with_rule
from tests.small_host import CLIENT, host_namespace, network, published

CLIENTS = parse_address("192.0.2.10")[1]
MANY: list[Any] = [f"10.{number >> 8}.{number & 255}.1" for number in range(LONG)]
MET: list[Any] = [
    "192.0.2.10",
    {"prefix": {"addr": "192.0.2.0", "len": 24}},
    {"range": ["192.0.2.1", "192.0.2.77"]},
    {"elem": {"val": "192.0.2.10", "timeout": 60}},
]


def listed(elements: list[Any], kind: str = "ipv4_addr") -> dict[str, Any]:
    table = {"family": "inet", "name": "geo", "handle": 1}
    named = {"family": "inet", "name": "bad", "table": "geo", "type": kind, "handle": 2, "elem": elements}
    return {"nftables": [{"table": table}, {"set": named}]}


def left(elements: list[Any], *known: int, kind: str = "ipv4_addr") -> list[Any]:
    """Return the elements that are loaded in the listing's own form, which the model's form has to agree with."""
    document = listed(elements, kind)
    (table,) = listing.parse(json.dumps(document), source="test")
    shorten_listing(document, table, frozenset(known))
    found: list[Any] = document["nftables"][1]["set"]["elem"]
    if table.sets[0].opaque is None:
        assert len(short_table(table, frozenset(known)).sets[0].elements) == len(found)
    return found


@pytest.mark.parametrize("met", MET, ids=str)
def test_an_element_that_holds_a_packets_address_stays(met: object) -> None:
    assert left([*MANY, met], CLIENTS) == [met]


WHOLE: dict[str, tuple[list[Any], str]] = {
    "a short set": (MANY[:5], "ipv4_addr"),
    "ports": ([*range(1, LONG + 2)], "inet_service"),
    "an element that is not understood": ([*MANY, {"odd": 1}], "ipv4_addr"),
}


@pytest.mark.parametrize(("elements", "kind"), WHOLE.values(), ids=WHOLE)
def test_what_is_loaded_whole(elements: list[Any], kind: str) -> None:
    assert left(elements, CLIENTS, kind=kind) == elements


def test_an_ipset_is_shortened_in_its_own_words() -> None:
    head = "create bad hash:net family inet hashsize 1024 maxelem 65536\ncreate few hash:ip family inet\n"
    few, met = "add few 10.0.0.1\n", "add bad 192.0.2.0/24 nomatch\n"
    text = head + "".join(f"add bad {each}\n" for each in MANY) + few + met
    sets = ipset.parse(text, source="test")
    assert short_ipsets(text, sets, frozenset({CLIENTS})) == head + few + met


def with_long_set() -> Network:
    """Return the host whose DNAT leads 8151 to the container, with a long set."""
    made = host_namespace(with_rule("nat DOCKER", "-p tcp --dport 7 -j DNAT --to-destination 203.0.113.99:7"))
    long = Set("bad", "hash:ip", tuple(Element((NumberKey(each, each),)) for each in range(LONG)))
    return network(msgspec.structs.replace(made, ruleset=Ruleset(made.ruleset.tables, (long,))))


def test_the_addresses_that_a_packet_can_have() -> None:
    known = known_addresses((with_long_set(),), (published(),))
    assert known is not None
    wanted = ("198.51.100.11", "172.17.0.2", "172.17.0.1", "203.0.113.99")
    assert {CLIENT, *(parse_address(each)[1] for each in wanted)} <= known


def test_a_set_that_was_asked_has_what_it_holds_of_the_addresses() -> None:
    asked = Set("bad", "ipv4_addr", (Element((NumberKey(CLIENTS, CLIENTS),)),), NOT_LISTED, frozenset({(1,)}))
    found = short_table(Table("inet", "t", "nft", (), (asked,)), frozenset({1, CLIENTS}))
    assert found.sets == (Set("bad", "ipv4_addr", asked.elements),)


def test_no_long_set_asks_for_none() -> None:
    assert known_addresses((network(),), (published(),)) is None
