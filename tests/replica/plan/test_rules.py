"""Rules: the very text that was read, and counters where there were none."""

import json

import msgspec
import pytest

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.host.read.readings import Readings
from hairpin.host.read.rulesets import RulesetReader
from hairpin.netfilter.ebtables import save as ebtables
from hairpin.netfilter.ir import Chain, Family, FieldMatch, Hook, Rule, Ruleset, Table, Verdict
from hairpin.replica.plan.rules import loads
from tests.rows import each_row
from tests.small_host import DOCKER_RULES, host_namespace, ruleset

READ = Reading("e1", "iptables-nft-save4", "host", "iptables-nft-save -c", "", 0, "text", DOCKER_RULES)
EVIDENCE = Evidence(SCHEMA, "0", "", "host", "", (READ,))
HOST = host_namespace()


def test_rules_that_were_read_are_loaded_word_for_word() -> None:
    found = loads(HOST, EVIDENCE, HOST.ruleset, called="host")
    assert [(load.tool, load.text) for load in found.loads] == [("iptables-nft-restore", DOCKER_RULES)]


def test_changed_rules_are_written_from_the_model() -> None:
    text = DOCKER_RULES.replace(":FORWARD DROP", ":FORWARD ACCEPT")
    changed = msgspec.structs.replace(HOST, ruleset=ruleset(text))
    nat, filters = loads(changed, EVIDENCE, HOST.ruleset, called="host").loads
    assert ":FORWARD ACCEPT" in filters.text
    assert [line for line in filters.text.splitlines() if line.startswith("-A")] == [
        rule.text for chain in changed.ruleset.tables[1].chains for rule in chain.rules
    ]
    assert nat.text.startswith("*nat\n")


def test_without_evidence_all_is_written_from_the_model() -> None:
    assert [load.tool for load in loads(HOST, None, None, called="host").loads] == ["iptables-nft-restore"] * 2


def test_sets_are_made_without_options_that_older_kernels_refuse() -> None:
    text = "create ban hash:net family inet hashsize 1024 maxelem 9 bucketsize 12 initval 0x1f\nadd ban 192.0.2.0/24\n"
    sets = Reading("e2", "ipset", "host", "ipset save", "", 0, "text", text)
    (load, *_) = loads(
        HOST, msgspec.structs.replace(EVIDENCE, readings=(READ, sets)), HOST.ruleset, called="host"
    ).loads
    assert load.text == "create ban hash:net family inet hashsize 1024 maxelem 9\nadd ban 192.0.2.0/24\n"


def test_rules_that_no_tool_can_load_are_left_out() -> None:
    table = Table("bridge", "filter", "ebtables", (Chain("FORWARD", ()),))
    found = loads(msgspec.structs.replace(HOST, ruleset=Ruleset((table,))), None, None, called="web@two")
    assert [str(each) for each in found.left_out] == [
        "table bridge filter of web@two: hairpin cannot write ebtables rules from its model"
    ]


PARTIAL = """# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.
*filter
:INPUT DROP [0:0]
[0:0] -A INPUT -m conntrack --ctstate NEW -j ACCEPT
COMMIT
*nat
:OUTPUT ACCEPT [0:0]
COMMIT
"""


def listed(*rules: dict[str, object], shown: str = PARTIAL) -> tuple[Reading, ...]:
    """The readings of a table in which iptables has a chain and nft another one, with the rules."""
    place = {"family": "ip", "table": "filter"}
    base = {"type": "filter", "prio": 0, "policy": "drop"}
    objects = [
        {"table": {"family": "ip", "name": "filter"}},
        {"chain": {**place, "name": "INPUT", "hook": "input", **base}},
        {"chain": {**place, "name": "own", "hook": "forward", **base}},
        *({"rule": {**place, **each}} for each in rules),
    ]
    text = json.dumps({"nftables": objects})
    return (
        Reading("e1", "iptables-nft-save4", "host", "iptables-nft-save -c", "", 0, "text", shown),
        Reading("e2", "nft-table", "host", "nft -j list table ip filter", "", 0, "text", text),
    )


EXTENSION: dict[str, object] = {"chain": "INPUT", "expr": [{"xt": None}, {"accept": None}]}
OWN: dict[str, object] = {"chain": "own", "expr": [{"drop": None}]}
SPAN = {"range": ["192.0.2.1", "192.0.2.9"]}
FROM_SPAN = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": SPAN}}
NATIVE: dict[str, object] = {"chain": "INPUT", "expr": [FROM_SPAN, {"drop": None}]}


def test_each_chain_of_a_table_is_loaded_by_the_tool_that_shows_it() -> None:
    """iptables-save shows its own chains of a table in which others have base chains; nft shows all, and cannot take
    extensions of iptables back."""
    evidence = msgspec.structs.replace(EVIDENCE, readings=listed(EXTENSION, OWN))
    ruleset = RulesetReader(Readings(evidence)).ruleset("host")
    first, second = loads(msgspec.structs.replace(HOST, ruleset=ruleset), evidence, ruleset, called="host").loads
    assert (first.tool, first.text) == ("iptables-nft-restore", PARTIAL)
    commands = [each["add"] for each in json.loads(second.text)["nftables"]]
    assert [each["rule"]["chain"] for each in commands if "rule" in each] == ["own", "own"]
    assert [each["chain"]["name"] for each in commands if "chain" in each] == ["INPUT", "own"]


def test_a_table_in_which_nft_has_a_rule_of_its_own_is_written_from_the_model() -> None:
    """Its listing holds extensions, which nft does not take back.  Each rule counts, and so does a dropping policy."""
    shown = PARTIAL.replace("ACCEPT\nCOMMIT\n*nat", "ACCEPT\n[0:0] -A INPUT -s 192.0.2.9/32 -j DROP\nCOMMIT\n*nat")
    evidence = msgspec.structs.replace(EVIDENCE, readings=listed(EXTENSION, NATIVE, OWN, shown=shown))
    ruleset = RulesetReader(Readings(evidence)).ruleset("host")
    nat, written = loads(msgspec.structs.replace(HOST, ruleset=ruleset), evidence, ruleset, called="host").loads
    assert (nat.tool, "*filter" in nat.text, written.tool) == ("iptables-nft-restore", False, "nft")
    inside = [line.strip() for line in written.text.splitlines() if "counter" in line]
    assert inside == [
        "ct state == 8 counter packets 0 bytes 0 accept",
        "ip saddr == 192.0.2.1-192.0.2.9 counter packets 0 bytes 0 drop",
        "counter packets 0 bytes 0",
        "counter packets 0 bytes 0 drop",
        "counter packets 0 bytes 0",
    ]


@each_row(
    ("protocol", "policy", "left"),
    (("ARP", "ACCEPT", 1), ("IPv4", "ACCEPT", 0), ("! IPv4", "ACCEPT", 1), ("! ARP", "ACCEPT", 0), ("IPv4", "DROP", 1)),
)
def test_a_replica_does_not_decide_where_a_rule_tells_arp_from_ip(protocol: str, policy: str, left: int) -> None:
    text = f"*filter\n:INPUT {policy}\n-A INPUT -p {protocol} -j DROP\n"
    bridged = msgspec.structs.replace(HOST, ruleset=Ruleset(ebtables.parse(text, source="test")))
    said = [str(each) for each in loads(bridged, None, None, called="host").left_out]
    assert sum("about ARP" in each for each in said) == left


# family, hook, ethertype, how many rules are left out
OF_NFT: dict[str, tuple[Family, Hook, int, int]] = {
    "ARP on a device": ("netdev", "ingress", 0x0806, 1),
    "IPv6 on a device": ("netdev", "ingress", 0x86DD, 0),
    "ARP on a device, for all families": ("inet", "ingress", 0x0806, 1),
    "ARP where only IP comes": ("inet", "forward", 0x0806, 0),
}


@pytest.mark.parametrize(("family", "hook", "ethertype", "left"), OF_NFT.values(), ids=OF_NFT)
def test_a_replica_does_not_decide_where_a_rule_of_a_device_is_about_arp(
    family: Family, hook: Hook, ethertype: int, left: int
) -> None:
    drop = Rule((FieldMatch("ethertype", ((ethertype, ethertype),)), Verdict("drop")), "ether type x drop", 1)
    own = Table(family, "own", "nft", (Chain("c", (drop,), hook, devices=("eth0",)),))
    ruled = msgspec.structs.replace(HOST, ruleset=Ruleset((own,)))
    said = [str(each) for each in loads(ruled, None, None, called="host").left_out]
    assert sum("about ARP" in each for each in said) == left
