"""Rules loaded again as the tools print them: none is lost, and a refused rule leaves the others in place."""

import json
import subprocess
import sys

import msgspec
import pytest

from hairpin.judges.agreement import agreement
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.nft import listing
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.prefix import address_text
from hairpin.replica.judge import judge
from hairpin.walk.walk import walk_flow
from tests.kernel.test_nft_json import EXAMPLES as FOLDER
from tests.kernel.test_nft_round_trip import REAL
from tests.small_host import CLIENT, HOST_ADDRESS, host_namespace, network
from tests.whole import thinned

AGAIN = """
import json, subprocess, sys
from hairpin.host.read.rulesets import with_devices
from hairpin.netfilter.nft import listing
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.run.partial_load import load_partly
from hairpin.replica.plan.nft_input import counted
from hairpin.replica.run.tool import run_tool
tool, text, listed, added = json.loads(sys.stdin.read())
loads, show = [Load(tool, text)], [tool.replace("restore", "save")]
if tool == "nft-json":
    loads, show = [], ["nft", "-j", "list", "ruleset"]
    for table in listed:
        document = json.dumps({"nftables": table})
        (model,) = listing.parse(document, source="test")
        model = with_devices(model, text)
        commands = json.loads(counted(document, {each.name: each.devices for each in model.chains}))["nftables"]
        loads.append(Load(tool, json.dumps({"nftables": [*commands, *added]}), model))
left_out = []
for load in loads:
    said = run_tool(load)
    left_out += [(str(each.said), each.chain) for each in load_partly(load, said)] if said else []
print(json.dumps((left_out, subprocess.run(show, capture_output=True, text=True).stdout)))
"""
Tables = list[list[dict[str, dict[str, object]]]]
"""nft's JSON, a list for each table"""


def again(tool: str, text: str, listed: Tables | None = None, *added: object) -> tuple[list[list[str]], str]:
    """Return the rules that are left out, and those that are loaded, in a namespace of its own.

    ``added``: commands after nft's.
    """
    argv = ("unshare", "--net", sys.executable, "-c", AGAIN)
    asked = json.dumps((tool, text, listed, added))
    done = subprocess.run(argv, input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: tuple[list[list[str]], str] = tuple(json.loads(done.stdout))
    return found


def tables(ruleset: str) -> tuple[Tables, str]:
    """Return what nft lists, as JSON and as text."""
    argv = ("unshare", "--net", "sh", "-c", "ip link set lo up; nft -f - && nft -j list ruleset && nft list ruleset")
    done = subprocess.run(argv, input=ruleset, capture_output=True, text=True, check=True, cwd=FOLDER)
    document, _, text = done.stdout.partition("\n")
    found: Tables = []
    for each in json.loads(document)["nftables"]:
        if "table" in each:
            found.append([])
        if "metainfo" not in each:
            found[-1].append(each)
    return found, text


def rules_in(listed: list[dict[str, dict[str, object]]]) -> list[tuple[object, list[str]]]:
    """Return chain and statements of each rule, without its counters."""
    rules = [each["rule"] for each in listed if "rule" in each]
    bodies = [msgspec.convert(rule["expr"], list[dict[str, object]]) for rule in rules]
    return [
        (rule["chain"], [name for part in body for name in part if name != "counter"])
        for rule, body in zip(rules, bodies, strict=True)
    ]


@pytest.mark.parametrize("ruleset", thinned(REAL.values(), 5), ids=REAL)
def test_the_listing_of_nft_loads(ruleset: str) -> None:
    listed, text = tables(ruleset)
    left_out, found = again("nft-json", text, listed)
    assert left_out == []
    there = [each for each in rules_in(json.loads(found)["nftables"]) if each[1]]
    assert there == [each for table in listed for each in rules_in(table) if each[1]]


def test_a_rule_that_nft_refuses_keeps_its_place() -> None:
    listed, text = tables("table ip t { chain c { tcp dport 1 accept; drop; }; }")
    place = {"family": "ip", "table": "t", "chain": "c"}
    odd = {"add": {"rule": {**place, "expr": [{"xt": {"type": "match", "name": "bpf"}}]}}}
    last = {"add": {"rule": {**place, "expr": [{"reject": None}]}}}
    ((said, chain),), found = again("nft-json", text, listed, odd, last)
    assert ("refuses rule 3 of t c" in said, chain) == (True, "c")
    bodies = [body for _, body in rules_in(json.loads(found)["nftables"])]
    assert bodies == [["match", "accept"], ["drop"], [], ["reject"]]


FIRST = "*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j ACCEPT\nCOMMIT\n"
SECOND = """*filter
:FORWARD ACCEPT [0:0]
:c - [0:0]
-A FORWARD -p tcp -j c
-A FORWARD -m nfacct --nfacct-name nobody -j DROP
-A FORWARD -p udp -j DROP
-A c -m nfacct --nfacct-name nobody
-A c -j RETURN
COMMIT
"""
KEPT = [
    "-A OUTPUT -j ACCEPT",
    "-A FORWARD -p tcp -j c",
    "-A FORWARD",
    "-A FORWARD -p udp -j DROP",
    "-A c",
    "-A c -j RETURN",
]


@pytest.mark.parametrize("tool", ("iptables-nft-restore", "iptables-legacy-restore", "ip6tables-legacy-restore"))
def test_rules_that_iptables_refuses_keep_their_places(tool: str) -> None:
    """Legacy tables are refused as a whole. Tables before them are loaded already, and must not be there twice."""
    left_out, found = again(tool, FIRST + SECOND)
    assert sorted(chain for _, chain in left_out) == ["FORWARD", "c"]
    there = [line for line in found.splitlines() if line.startswith("-A")]
    assert sorted(there, key=lambda line: "OUTPUT" not in line) == KEPT


COUNTING = (
    "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -m nfacct --nfacct-name  web -j DROP\n-A INPUT -j DROP\nCOMMIT\n"
)


def test_the_objects_that_rules_count_in_are_made() -> None:
    found = network(host_namespace(COUNTING))
    flow = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 22)
    judgement = judge(found, flow)
    assert (judgement.verdict, judgement.left_out) == ("dropped", ())
    assert agreement(walk_flow(found, flow), judgement).reason is None


ODD = "-A {} -m nfacct --nfacct-name n234567890123456789012345678901234567890 -j RETURN"
"""No kernel accepts so long a name."""


@pytest.mark.parametrize(
    ("chain", "start", "met"),
    (("INPUT", Outside(CLIENT), True), ("FORWARD", Outside(CLIENT), False), ("OUTPUT", FromHost(), True)),
)
def test_the_stand_in_of_a_rule_counts_its_packets(chain: str, start: Outside | FromHost, *, met: bool) -> None:
    text = f"*filter\n:{chain} ACCEPT [0:0]\n{ODD.format(chain)}\nCOMMIT\n"
    judgement = judge(network(host_namespace(text)), Flow(start, 4, HOST_ADDRESS, "tcp", 22))
    assert len(judgement.left_out) == met


def test_a_set_that_is_refused_takes_no_other_with_it() -> None:
    sets = (
        "create a hash:ip family inet hashsize 1024 maxelem 65536", "add a 192.0.2.1",
        "create b hash:odd", *(f"add b 192.0.2.{number}" for number in range(40)),
        "create l list:set size 8", "add l a",
    )  # fmt: skip
    left_out, _ = again("ipset", "\n".join((*sets, "")))
    assert [text for text, _ in left_out] == ["this machine's ipset refuses create b hash:odd"]


def test_a_rule_that_ebtables_refuses_keeps_its_place() -> None:
    text = "*filter\n:FORWARD ACCEPT\n-A FORWARD --odd 3 -j DROP\n-A FORWARD -p ARP -j DROP\n"
    ((_, chain),), found = again("ebtables-nft-restore", text)
    there = [line for line in found.splitlines() if line.startswith("-A")]
    assert (chain, there) == ("FORWARD", ["-A FORWARD -j CONTINUE", "-A FORWARD -p ARP -j DROP"])


def test_the_counters_are_read_where_path_has_no_sbin(monkeypatch: pytest.MonkeyPatch) -> None:
    """cron starts its jobs with this PATH."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j DROP\nCOMMIT\n"
    said = judge(network(host_namespace(text)), Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 22))
    assert said.place is not None
    assert [(each.chain, each.does) for each in said.place.rules] == [("INPUT", "drop")]


@pytest.mark.parametrize(("banned", "verdict"), ((CLIENT, "dropped"), (CLIENT + 1, "refused")))
def test_of_a_long_set_the_kernel_gets_what_its_packets_meet(banned: int, verdict: str) -> None:
    """Of 3,000 addresses one is the client's, or none is."""
    elements = (*(f"10.1.{number >> 8}.{number & 255}" for number in range(3000)), address_text(banned, 4))
    loads = f"add table inet geo\nadd set inet geo bad {{ type ipv4_addr; elements = {{ {', '.join(elements)} }} }}\n"
    chain = (
        "add chain inet geo input { type filter hook input priority 0; }\nadd rule inet geo input ip saddr @bad drop\n"
    )
    ((table,), text) = tables(loads + chain)
    model = listing.parse(json.dumps({"nftables": table}), source=text)
    found = network(msgspec.structs.replace(host_namespace("", sockets=()), ruleset=Ruleset(model)))
    flow = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 22)
    judgement = judge(found, flow)
    assert (judgement.verdict, judgement.left_out, walk_flow(found, flow).verdict) == (verdict, (), verdict)
