"""All rules of a namespace, of every back end."""

import msgspec
import pytest

from hairpin.evidence.reading import HOST
from hairpin.host.read.readings import Readings
from hairpin.host.read.rulesets import RulesetReader, with_devices
from hairpin.netfilter.ir import Chain, Table
from tests.host.fixture_evidence import evidence

FILTER = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m set --match-set bad src -j DROP\nCOMMIT\n"
NFT = '{"nftables": [{"table": {"family": "inet", "name": "own", "handle": 1}}]}'
EBTABLES = "*filter\n:FORWARD ACCEPT\n-A FORWARD -p IPv4 -j DROP\n"
IPSET = "create bad hash:ip family inet hashsize 1024 maxelem 65536\nadd bad 192.0.2.10\n"


def test_every_back_end() -> None:
    readings = Readings(
        evidence(
            ("iptables-nft-save4", HOST, "iptables-save -c", FILTER),
            ("iptables-nft-save6", HOST, "ip6tables-save -c", "*raw\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"),
            ("iptables-legacy-save4", HOST, "iptables-legacy-save -c", FILTER),
            ("nft-table", HOST, "nft -j list table inet own", NFT),
            ("ebtables", HOST, "ebtables-save", EBTABLES),
            ("ipset", HOST, "ipset save", IPSET),
        )
    )
    found = RulesetReader(readings).ruleset(HOST)
    assert readings.unread == ()
    assert [(table.family, table.name, table.dialect, table.evidence) for table in found.tables] == [
        ("ip", "filter", "iptables-nft", "e1"),
        ("ip6", "raw", "iptables-nft", "e2"),
        ("ip", "filter", "iptables-legacy", "e3"),
        ("inet", "own", "nft", "e4"),
        ("bridge", "filter", "ebtables", "e5"),
    ]
    assert [item.name for item in found.ipsets] == ["bad"]


def test_equal_texts_are_of_their_own_reading() -> None:
    readings = Readings(
        evidence(*(("iptables-nft-save4", netns, "iptables-save", FILTER) for netns in ("container:a", "container:b")))
    )
    reader = RulesetReader(readings)
    (one,), (two,) = reader.ruleset("container:a").tables, reader.ruleset("container:b").tables
    assert one.chains == two.chains
    assert (one.evidence, two.evidence) == ("e1", "e2")


def test_one_damaged_back_end_leaves_the_others() -> None:
    readings = Readings(
        evidence(
            ("iptables-nft-save4", HOST, "iptables-save", "-A FORWARD -j DROP\n"),
            ("nft-table", HOST, "nft -j list table inet own", NFT),
            ("nft-table", HOST, "nft -j list table inet other", "{"),
        )
    )
    assert [table.name for table in RulesetReader(readings).ruleset(HOST).tables] == ["own"]
    assert [item.key for item in readings.unread] == ["iptables-nft-save4", "nft-table"]
    assert readings.unread_in(HOST) == ("iptables-nft-save4", "nft-table")


DORMANT = "table ip nat {\n\tflags dormant\n"
"""Nft 1.0.6 prints a table's flags wrongly in JSON, and iptables-save prints none."""


@pytest.mark.parametrize(
    ("text", "expected"),
    {"dormant": (DORMANT, True), "another": (DORMANT.replace("nat", "raw"), False),
     "another flag": (DORMANT.replace("dormant", "owner"), False)}.values(),
)  # fmt: skip
def test_the_flags_of_a_table_come_from_its_text(text: str, expected: bool) -> None:
    rules = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT\n"
    readings = Readings(
        evidence(
            ("iptables-nft-save4", HOST, "iptables-nft-save -c", rules),
            ("nft-table-flags", HOST, "nft -t list table ip nat", text),
        )
    )
    (table,) = RulesetReader(readings).ruleset(HOST).tables
    assert table.dormant is expected
    assert table.owned is ("owner" in text)


def test_devices_of_netdev_chains_come_from_the_text_where_json_lacks_them() -> None:
    chain = Chain("p", (), hook="ingress", policy="accept")
    table = Table("netdev", "guard", "nft", (chain, Chain("q", (), hook="ingress", devices=("eth9",))))
    form = "table netdev guard {{\n\tchain p {{\n\t\ttype filter hook ingress {} policy accept;\n\t}}\n}}\n"
    text = form.format('devices = { eth0, "eth1" } priority 0;')
    assert [each.devices for each in with_devices(table, text).chains] == [("eth0", "eth1"), ("eth9",)]
    single = form.format('device "eth0" priority filter;')
    assert with_devices(table, single).chains[0].devices == ("eth0",)
    assert with_devices(table, text.replace("guard", "other")).chains[0].devices == ()
    both = msgspec.structs.replace(table, family="inet")
    assert with_devices(both, single).chains[0].devices == ()
    assert with_devices(both, single.replace("netdev", "inet")).chains[0].devices == ("eth0",)
