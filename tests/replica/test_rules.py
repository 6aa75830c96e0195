"""Rules: the very text that was read, and counters where there were none."""

import json

import msgspec
import pytest

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.netfilter import nft_json
from hairpin.netfilter.ir import Chain, Ruleset, Table
from hairpin.replica.rules import counted, iptables_restore, loads
from tests.small_host import DOCKER_RULES, host_namespace, ruleset

READ = Reading("e1", "iptables-nft-save4", "host", "iptables-nft-save -c", "", 0, "text", DOCKER_RULES)
EVIDENCE = Evidence(SCHEMA, "0", "", "host", "", (READ,))
HOST = host_namespace()


def test_what_was_read_is_replayed_word_for_word() -> None:
    found = loads(HOST, EVIDENCE, HOST.ruleset)
    assert [(load.tool, load.text) for load in found.loads] == [("iptables-nft-restore", DOCKER_RULES)]


def test_what_was_changed_since_is_written_from_the_model() -> None:
    text = DOCKER_RULES.replace(":FORWARD DROP", ":FORWARD ACCEPT")
    changed = msgspec.structs.replace(HOST, ruleset=ruleset(text))
    nat, filters = loads(changed, EVIDENCE, HOST.ruleset).loads
    assert ":FORWARD ACCEPT" in filters.text
    assert [line for line in filters.text.splitlines() if line.startswith("-A")] == [
        rule.text for chain in changed.ruleset.tables[1].chains for rule in chain.rules
    ]
    assert nat.text.startswith("*nat\n")


def test_without_evidence_all_is_written_from_the_model() -> None:
    assert [load.tool for load in loads(HOST, None, None).loads] == ["iptables-nft-restore"] * 2


def test_sets_are_made_without_what_older_kernels_refuse() -> None:
    text = "create ban hash:net family inet hashsize 1024 maxelem 9 bucketsize 12 initval 0x1f\nadd ban 192.0.2.0/24\n"
    sets = Reading("e2", "ipset", "host", "ipset save", "", 0, "text", text)
    (load, *_) = loads(HOST, msgspec.structs.replace(EVIDENCE, readings=(READ, sets)), HOST.ruleset).loads
    assert load.text == "create ban hash:net family inet hashsize 1024 maxelem 9\nadd ban 192.0.2.0/24\n"


def test_what_no_tool_can_be_told_is_left_out() -> None:
    table = Table("bridge", "filter", "ebtables", (Chain("FORWARD", ()),))
    found = loads(msgspec.structs.replace(HOST, ruleset=Ruleset((table,))), None, None)
    assert found.left_out == ("table bridge filter of host: ebtables rules cannot be written from the model",)


def test_a_map_to_addresses_with_ports_is_loaded_in_nfts_own_words() -> None:
    """nft 1.0.6 prints such a map as JSON, and refuses to read that."""
    to_port = {"concat": ["192.0.2.1", 81]}
    place = {"family": "ip", "table": "t", "chain": "c"}
    named = {"family": "ip", "name": "m", "table": "t", "type": "inet_service", "map": "ipv4_addr . inet_service"}
    hook = {"type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}
    text = json.dumps({
        "nftables": [
            {"table": {"family": "ip", "name": "t", "handle": 1}},
            {"map": {**named, "handle": 2, "elem": [[80, to_port]]}},
            {"chain": {"family": "ip", "table": "t", "name": "c", "handle": 3, **hook}},
            {"rule": {**place, "handle": 4, "expr": [{"accept": None}]}},
        ]
    })  # fmt: skip
    reading = Reading("e2", "nft-table", "host", "nft -j list table ip t", "", 0, "text", text)
    tables = tuple(msgspec.structs.replace(each, evidence="e2") for each in nft_json.parse(text, source="test"))
    host = msgspec.structs.replace(HOST, ruleset=Ruleset(tables))
    (load,) = loads(host, Evidence(SCHEMA, "0", "", "host", "", (reading,)), host.ruleset).loads
    assert (load.tool, load.text.count("counter packets 0 bytes 0")) == ("nft", 2)
    assert "80 : 192.0.2.1 . 81" in load.text


def test_the_tool_of_a_back_end_and_family() -> None:
    assert iptables_restore(False, six=True) == "ip6tables-nft-restore"
    assert iptables_restore(True, six=False) == "iptables-legacy-restore"


def test_native_rules_count_before_they_end() -> None:
    """A handle would mean: behind that rule."""
    place = {"family": "inet", "table": "t", "chain": "c"}
    listed = {
        "nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "inet", "name": "t", "handle": 1}},
            {"chain": {"family": "inet", "table": "t", "name": "c", "policy": "drop", "handle": 1}},
            {"rule": {**place, "handle": 3, "expr": [{"counter": {"packets": 9, "bytes": 9}}, {"drop": None}]}},
            {"rule": {**place, "handle": 4, "expr": [{"log": None}]}},
        ]
    }
    found = json.loads(counted(json.dumps(listed)))["nftables"]
    counter = {"counter": {"packets": 0, "bytes": 0}}
    assert [next(iter(each["add"])) for each in found] == ["table", "chain", "rule", "rule", "rule"]
    assert [each["add"]["rule"]["expr"] for each in found[2:]] == [
        [counter, {"drop": None}],
        [{"log": None}, counter],
        [counter],
    ]
    assert "handle" not in json.dumps(found)


@pytest.mark.parametrize(
    ("listed", "devices", "expected"),
    (
        ({}, ("eth0",), "eth0"),
        ({}, ("eth0", "eth1"), ["eth0", "eth1"]),
        ({"dev": "lo"}, ("eth0",), "lo"),
        ({}, (), None),
    ),
    ids=["one", "several", "listed already", "not bound"],
)
def test_a_chain_is_bound_to_its_devices(listed: dict[str, str], devices: tuple[str, ...], expected: object) -> None:
    chain = {"family": "netdev", "table": "t", "name": "c", "hook": "ingress", **listed}
    (found,) = json.loads(counted(json.dumps({"nftables": [{"chain": chain}]}), {"c": devices}))["nftables"]
    assert found["add"]["chain"].get("dev") == expected
