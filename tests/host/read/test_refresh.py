"""A host that is read again in part is the host that would be read as a whole."""

import gc
import tracemalloc
from collections.abc import Iterator
from itertools import islice

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.evidence.reading import HOST, Evidence, Outcome, Place, Reading
from hairpin.evidence.renewal import renewed
from hairpin.host.host import Namespace
from hairpin.host.read.parse import ParsedHost, parse, parsed
from hairpin.host.read.refresh import refreshed
from hairpin.netfilter.evaluate.index import INDEX_FROM, compiled
from hairpin.netfilter.ir import Chain, Table
from tests.host.fixture_evidence import HOSTS, evidence, evidence_of
from tests.rows import each_row

WHOLE = {name: evidence_of(name) for name in HOSTS}
FIRST = parsed(WHOLE["docker-28.5"])
MADE_UP = ("ipset", "nft-table", "tc-filter", "relay-cmdlines", "namespaces", "file", "docker-socket")


@st.composite
def newer(draw: st.DrawFn) -> tuple[Evidence, frozenset[Place]]:
    """Readings of another host, damaged or refused ones, several of a key, made-up ones; and places that have none."""
    readings: list[Reading] = []
    for _ in range(draw(st.integers(0, 5))):
        each = draw(st.sampled_from(WHOLE[draw(st.sampled_from(HOSTS))].readings))
        outcome: Outcome = draw(st.sampled_from(("text", "text", "text", "refused", "absent")))
        start, length = draw(st.integers(0, 4000)), draw(st.sampled_from((0, 0, 0, 30)))
        text = each.text[:start] + each.text[start + length :]
        netns = draw(st.sampled_from((each.netns, each.netns, each.netns, HOST, "container:new", "")))
        key = draw(st.sampled_from((each.key, each.key, each.key, *MADE_UP)))
        readings.append(msgspec.structs.replace(each, key=key, netns=netns, outcome=outcome, text=text))
    places = sorted({(each.key, each.netns) for each in WHOLE["docker-28.5"].readings})
    gone = draw(st.sets(st.sampled_from(places), max_size=2))
    return msgspec.structs.replace(WHOLE["docker-28.5"], readings=tuple(readings)), frozenset(gone)


@settings(max_examples=50)
@given(steps=st.lists(newer(), min_size=1, max_size=3))
def test_refreshed_is_parsed_anew(steps: list[tuple[Evidence, frozenset[Place]]]) -> None:
    host, whole = FIRST, FIRST.evidence
    for readings, gone in steps:
        host, whole = refreshed(host, readings, gone), renewed(whole, readings, gone)
        assert host.evidence == whole
        assert host.host == parse(whole)


_Made = tuple[str, str, str, str]
NETDEV = '{"nftables": [{"table": {"family": "netdev", "name": "t"}}, {"chain": {"family": "netdev", "table": "t", \
"name": "c", "hook": "ingress", "prio": 0, "type": "filter", "policy": "accept"}}]}'
DEVICE = 'table netdev t {\n\tchain c {\n\t\ttype filter hook ingress device "eth0" priority 0;\n\t}\n}\n'
PROXY = 'tcp LISTEN 0 9 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=9,fd=4))\n'
IN_SET = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set web src -j DROP\nCOMMIT\n"

# a reading, and the reading of another place that changes what it means
ACROSS: dict[str, tuple[_Made, _Made]] = {
    "names of tables": (
        ("ip-route4-text", HOST, "ip route", "10.0.0.0/8 dev eth0 table blue\n"),
        ("file", "", "/etc/iproute2/rt_tables", "100 blue\n"),
    ),
    "halted processes": (("sockets", HOST, "ss", PROXY), ("halted-processes", "", "/proc/PID/stat", "9\n")),
    "command lines of relays": (
        ("sockets", HOST, "ss", PROXY),
        ("relay-cmdlines", "", "/proc/PID/cmdline", "9\tdocker-proxy -container-ip 0.0.0.9 -container-port 81\n"),
    ),
    "sets": (
        ("iptables-nft-save4", HOST, "iptables-save", IN_SET),
        ("ipset", HOST, "ipset save", "create web hash:ip family inet hashsize 1024 maxelem 65536\n"),
    ),
    "devices": (
        ("nft-table", HOST, "nft -j list table netdev t", NETDEV),
        ("nft-netdev-chains", HOST, "nft list chains netdev", DEVICE),
    ),
    "versions": (
        ("firewalld-state", "", "/proc/8/comm", "running"),
        ("packages", "", "dpkg-query", "ii  firewalld 1.3.3-1\n"),
    ),
}


@each_row(("made", "across"), ACROSS.values(), ids=ACROSS)
def test_parts_elsewhere_that_depend_on_a_reading_are_made_again(made: _Made, across: _Made) -> None:
    before = parsed(evidence(made))
    after = refreshed(before, evidence(across))
    whole = parse(after.evidence)
    assert after.host == whole
    known = {name: (getattr(before.host, name), getattr(whole, name)) for name in ("namespaces", "firewalld")}
    assert any(old != new for old, new in known.values())
    assert refreshed(after, evidence(), frozenset({across[:2]})).host == parse(evidence(made))


def test_an_engine_that_can_no_longer_be_asked() -> None:
    refused = evidence(("docker-socket", "", "/run/docker.sock", "Permission denied"), outcome="refused")
    before = parsed(evidence(("daemon-json", "", "/etc/docker/daemon.json", "{}")))
    assert [each.running for each in before.host.engines] == [False]
    assert [each.running for each in refreshed(before, refused).host.engines] == [True]


def one(key: str, netns: str, text: str) -> Evidence:
    return evidence((key, netns, key, text))


def text_of(host: ParsedHost, key: str, netns: str = HOST) -> str:
    reading = host.evidence.find(key, netns)
    assert reading is not None
    return reading.text


def namespace(host: ParsedHost, name: str = HOST) -> Namespace:
    return host.host.namespace(name)


def chains(host: ParsedHost, table: str) -> dict[str, Chain]:
    found = namespace(host).ruleset.table("ip", table)
    assert isinstance(found, Table)
    return {chain.name: chain for chain in found.chains}


def test_one_sysctl() -> None:
    path = "/proc/sys/net/ipv4/ip_forward"
    after = refreshed(FIRST, evidence(("sysctl", HOST, path, f"{path}:0\n")))
    assert namespace(FIRST).sysctls.number("net", "ipv4", "ip_forward") == 1
    assert namespace(after).sysctls.number("net", "ipv4", "ip_forward") == 0
    assert namespace(after).sysctls.number("net", "ipv4", "conf", "eth0", "forwarding") == 1
    assert differing(FIRST, after) == {"sysctls"}


def test_links_of_one_namespace() -> None:
    after = refreshed(FIRST, one("ip-addr", HOST, text_of(FIRST, "ip-addr").replace('"mtu":1500', '"mtu":1400')))
    assert differing(FIRST, after) == {"links"}


def test_rules_of_one_namespace() -> None:
    """A chain with a rule more is another one; the others, which stand before it in the text, are the same."""
    text = text_of(FIRST, "iptables-nft-save4")
    rule = next(line for line in text.splitlines() if "-A POSTROUTING" in line)
    after = refreshed(FIRST, one("iptables-nft-save4", HOST, text.replace(rule, f"{rule}\n{rule}", 1)))
    assert differing(FIRST, after) == {"ruleset"}
    assert chains(after, "nat")["POSTROUTING"] != chains(FIRST, "nat")["POSTROUTING"]
    assert chains(after, "nat")["PREROUTING"] is chains(FIRST, "nat")["PREROUTING"]


def test_rules_read_again_that_have_not_changed() -> None:
    text = text_of(FIRST, "iptables-nft-save4")
    assert differing(FIRST, refreshed(FIRST, one("iptables-nft-save4", HOST, text))) == set()


def test_a_container_that_ends() -> None:
    gone = frozenset((each.key, each.netns) for each in FIRST.evidence.readings if each.netns == "container:plain")
    after = refreshed(FIRST, evidence(), gone)
    assert [each.name for each in after.host.namespaces] == [HOST, "container:front", "container:back"]
    assert [each.netns for each in after.host.containers() if each.name == "plain"] == [None]
    assert namespace(after, "container:front") is namespace(FIRST, "container:front")


def differing(before: ParsedHost, after: ParsedHost) -> set[str]:
    """Return the parts of the host's namespace that are other objects; all other namespaces are the same ones."""
    one, other = namespace(before), namespace(after)
    for name in ("container:front", "container:back", "container:plain"):
        assert namespace(before, name) is namespace(after, name)
    assert before.host.engines is after.host.engines
    return {name for name in one.__struct_fields__ if getattr(one, name) is not getattr(other, name)}


def rules(count: int, turn: int) -> str:
    """Return rules of which the last chain's change with each turn."""
    dnat = (f"-A DOCKER -p tcp -m tcp --dport {n + 1} -j DNAT --to-destination 10.0.0.2:80\n" for n in range(count))
    return (
        f"*nat\n:DOCKER - [0:0]\n{''.join(dnat)}COMMIT\n"
        f"*filter\n:FORWARD DROP [{turn}:0]\n-A FORWARD -m mark --mark {turn} -j ACCEPT\nCOMMIT\n"
    )


def turning(count: int) -> Iterator[ParsedHost]:
    host = refreshed(FIRST, one("iptables-nft-save4", HOST, rules(count, 0)))
    path = "/proc/sys/net/ipv4/ip_forward"
    turn = 0
    while True:
        turn += 1
        host = refreshed(host, one("iptables-nft-save4", HOST, rules(count, turn)))
        host = refreshed(host, evidence(("sysctl", HOST, path, f"{path}:{turn % 2}\n")))
        for each in chains(host, "nat").values():
            compiled(each).prepare()
        yield host


def test_refreshing_keeps_the_index_and_leaves_nothing_behind() -> None:
    hosts = turning(INDEX_FROM * 2)
    index = compiled(chains(next(hosts), "nat")["DOCKER"])
    traced: list[int] = []
    tracemalloc.start()
    try:
        for number, host in enumerate(islice(hosts, 21)):
            assert compiled(chains(host, "nat")["DOCKER"]) is index
            if number in (6, 20):
                gc.collect()
                traced.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    after_6, after_20 = traced
    assert abs(after_20 - after_6) < after_6 // 50  # each ruleset and each sysctl tree that stays would be more
