"""Whole hosts: the known facts of the fixtures are found in them, and a damaged reading damages no other."""

import gc
import tracemalloc
from collections.abc import Iterator
from functools import cache
from itertools import islice

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hairpin.evidence.reading import HOST, Evidence, Outcome, Place, Reading
from hairpin.evidence.renewal import renewed
from hairpin.host.host import Host, Namespace
from hairpin.host.read.parse import ParsedHost, parse, parsed, refreshed, time_windows, with_clock
from hairpin.netfilter.evaluate.index import INDEX_FROM, compiled
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_DNAT, STATUS_SEEN_REPLY, STATUS_SNAT, Chain, Table
from hairpin.netfilter.rule_address import read_address
from tests.host.fixture_evidence import CONTAINERS, HOSTS, evidence, evidence_of
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import host_namespace


@cache
def host_of(name: str) -> Host:
    return parse(evidence_of(name))


KNOWN = {"docker-20.10": "20.10.24+dfsg1", "docker-26.1": "26.1.5+dfsg1", "docker-28.5": "28.5.2+dfsg4"}


def v4(text: str) -> int:
    return read_address(text, "ip")


def namespace(host: Host, name: str) -> Namespace:
    found = host.namespace(name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", HOSTS)
def test_nothing_of_a_healthy_host_stays_unread(name: str) -> None:
    host = host_of(name)
    assert host.unread == ()
    assert [item.name for item in host.namespaces] == [HOST, *(f"container:{name}" for name in CONTAINERS)]
    assert all(item.unread == () for item in host.namespaces)


@pytest.mark.parametrize("name", HOSTS)
def test_engine(name: str) -> None:
    (engine,) = host_of(name).engines
    assert (engine.kind, engine.version, engine.running) == ("docker", KNOWN[name], True)
    assert (engine.iptables, engine.userland_proxy, engine.rootless, engine.live_restore) == (None, None, False, False)
    assert host_of(name).version("docker") == KNOWN[name]


@pytest.mark.parametrize("name", HOSTS)
def test_containers_and_their_namespaces(name: str) -> None:
    found = {item.name: item for item in host_of(name).containers()}
    assert {key: (item.status, item.netns) for key, item in found.items()} == {
        key: ("running", f"container:{key}") for key in CONTAINERS
    }
    assert {
        (b.protocol, b.host_port, b.container_port, b.host_ip, b.version, b.actual) for b in found["front"].bindings
    } == {
        ("tcp", 8080, 80, None, 4, True),
        ("tcp", 8080, 80, None, 6, True),
        ("udp", 5353, 5353, None, 4, True),
        ("udp", 5353, 5353, None, 6, True),
    }
    assert found["back"].bindings == ()
    assert {(e.network, e.ipv4) for e in found["front"].endpoints} == {
        ("n1", v4("172.21.0.2")),
        ("n2", v4("172.22.0.2")),
    }
    assert "front" in found["front"].endpoints[0].aliases or name == "docker-20.10"


@pytest.mark.parametrize("name", HOSTS)
def test_every_bridge_network_has_its_link_with_its_gateway(name: str) -> None:
    host = host_of(name)
    own = namespace(host, HOST)
    networks = [item for item in host.engines[0].networks if item.driver == "bridge"]
    assert {item.name for item in networks} == {"bridge", "n1", "n2"}
    for network in networks:
        link = own.link(network.bridge or "")
        assert link is not None
        assert link.kind == "bridge"
        assert link.bridge is not None
        (subnet,) = network.subnets
        assert [(a.value >> 16, a.prefix_length) for a in own.addresses if a.link == link.name and a.version == 4] == [
            (subnet.network >> 16, subnet.prefix_length)
        ]


@pytest.mark.parametrize("name", HOSTS)
def test_every_container_link_is_wired_to_a_bridge_port(name: str) -> None:
    """The two ends of each veth name each other; one was read as JSON, the other as words."""
    host = host_of(name)
    ports = {link.index: link for link in namespace(host, HOST).links if link.port is not None}
    wired = 0
    for container in CONTAINERS:
        for link in namespace(host, f"container:{container}").links:
            if link.kind == "loopback":
                continue
            assert link.kind == "veth"
            assert link.peer_netnsid == 0
            port = ports[link.peer_index or 0]
            assert port.peer_index == link.index
            assert port.port is not None
            assert (port.port.state, port.port.hairpin, port.kind) == ("forwarding", False, "veth")
            wired += 1
    assert wired == len(ports) == 4


@pytest.mark.parametrize("name", HOSTS)
def test_container_addresses_are_those_that_the_engine_gave(name: str) -> None:
    host = host_of(name)
    assert host.containers()
    for container in host.containers():
        given_ones = {endpoint.ipv4 for endpoint in container.endpoints}
        addresses = namespace(host, f"container:{container.name}").addresses
        assert {a.value for a in addresses if a.version == 4 and a.link != "lo"} == given_ones


@pytest.mark.parametrize("name", HOSTS)
def test_front_routes_to_its_first_network(name: str) -> None:
    routes = [r for r in namespace(host_of(name), "container:front").routes if r.prefix_length == 0]
    assert [(r.version, r.table, r.next_hops[0].link, r.next_hops[0].gateway) for r in routes] == [
        (4, 254, "eth0", v4("172.21.0.1"))
    ]


@pytest.mark.parametrize("name", HOSTS)
def test_sockets_and_relays(name: str) -> None:
    """Without command lines the proxies lead where the engine says the ports go, IPv6 to IPv4 too."""
    sockets = namespace(host_of(name), HOST).sockets
    found = {(s.protocol, s.version, s.port): s for s in sockets}
    assert set(found) == {("tcp", 4, 8080), ("tcp", 6, 8080), ("udp", 4, 5353), ("udp", 6, 5353)}
    for (_, version, port), socket in found.items():
        assert (socket.process, socket.address, socket.v6only) == ("docker-proxy", None, version == 6)
        assert socket.relay is not None
        assert (socket.relay.version, socket.relay.address) == (4, v4("172.21.0.2"))
        assert socket.relay.port == {8080: 80, 5353: 5353}[port]
        assert not socket.relay.holds_only


@pytest.mark.parametrize("name", HOSTS)
def test_sockets_inside(name: str) -> None:
    found = {(s.protocol, s.port, s.address, s.v6only) for s in namespace(host_of(name), "container:back").sockets}
    assert ("tcp", 80, None, False) in found


@pytest.mark.parametrize("name", HOSTS)
def test_connections(name: str) -> None:
    found = {
        (c.original.saddr, c.original.daddr, c.original.dport): c
        for c in namespace(host_of(name), HOST).connections
        if c.original.protocol in (6, 17)
    }
    client, seen = v4("192.0.2.10"), STATUS_SEEN_REPLY
    published = found[client, v4("198.51.100.11"), 8080]
    assert (published.reply.saddr, published.reply.sport) == (v4("172.21.0.2"), 80)
    assert published.status & (seen | STATUS_ASSURED | STATUS_DNAT | STATUS_SNAT) == seen | STATUS_ASSURED | STATUS_DNAT
    assert found[client, v4("198.51.100.11"), 5353].status & STATUS_DNAT
    egress = found[v4("172.17.0.2"), client, 9000]
    assert egress.status & (STATUS_DNAT | STATUS_SNAT) == STATUS_SNAT
    assert egress.reply.daddr == v4("198.51.100.11")
    inside = found[v4("172.22.0.2"), v4("172.22.0.3"), 80]
    assert inside.status & (STATUS_DNAT | STATUS_SNAT) == 0
    assert all(c.live for c in found.values())


@pytest.mark.parametrize("name", HOSTS)
def test_rules_and_sysctls(name: str) -> None:
    own = namespace(host_of(name), HOST)
    nat = own.ruleset.table("ip", "nat", "iptables-nft")
    assert nat is not None
    assert nat.chain("DOCKER") is not None
    inside = namespace(host_of(name), "container:front").ruleset.table("ip", "nat", "iptables-nft")
    assert inside is not None
    assert inside.chain("DOCKER_OUTPUT") is not None
    assert inside.evidence != nat.evidence
    assert own.sysctls.number("net", "ipv4", "ip_forward") == 1
    assert own.sysctls.number("net", "ipv4", "conf", "eth0", "forwarding") == 1


def damaged(host: Evidence, key: str, netns: str, text: str) -> Evidence:
    """Return the evidence in which one reading has another text."""
    return replace(
        host,
        readings=tuple(
            replace(reading, text=text) if (reading.key, reading.netns) == (key, netns) else reading
            for reading in host.readings
        ),
    )


HURTING = {
    "nested without end": "[" * 200_000,
    "wrong type": '[{"ifindex":"one"}]',
    "not JSON": "[}",
    "huge number": '[{"ifindex":' + "9" * 5000 + "}]",
    "cut": '[{"ifindex":1,"ifname":"eth0"',
    "binary": "[\x00\udcff\x7f",
}
JSON_KEYS = ("ip-addr", "ip-route4", "ip-route6", "ip-rule4", "ip-neigh", "bridge-fdb", "bridge-link")


@pytest.mark.parametrize("key", JSON_KEYS)
@pytest.mark.parametrize("text", HURTING.values(), ids=HURTING)
def test_a_damaged_reading_is_unread_and_nothing_else_is(key: str, text: str) -> None:
    host = parse(damaged(evidence_of("docker-28.5"), key, HOST, text))
    assert [(item.key, item.netns) for item in host.unread] == [(key, HOST)]
    assert namespace(host, HOST).unread == (key,)
    assert len(host.containers()) == 3
    assert namespace(host, HOST).ruleset == namespace(host_of("docker-28.5"), HOST).ruleset


@each_row("key", ("docker-containers", "docker-networks", "docker-info", "docker-version", "daemon-json"))
def test_a_damaged_answer_of_the_engine_is_unread(key: str) -> None:
    host = parse(damaged(evidence_of("docker-28.5"), key, "", '{"Id": ['))
    assert [(item.key, item.netns) for item in host.unread] == [(key, "")]
    assert host.engines[0].version == KNOWN["docker-28.5"]
    assert len(host.engines[0].containers) == (0 if key == "docker-containers" else 3)


KEYS = sorted({(reading.key, reading.netns) for reading in evidence_of("docker-28.5").readings})


@given(place=st.sampled_from(KEYS), text=st.text(max_size=200))
def test_no_text_makes_it_fail(place: tuple[str, str], text: str) -> None:
    parse(damaged(evidence_of("docker-28.5"), *place, text))


@given(place=st.sampled_from(KEYS), start=st.integers(0, 4000), length=st.integers(0, 60))
def test_no_gap_in_a_real_text_makes_it_fail(place: tuple[str, str], start: int, length: int) -> None:
    host = evidence_of("docker-28.5")
    (reading,) = (item for item in host.readings if (item.key, item.netns) == place)
    parse(damaged(host, *place, reading.text[:start] + reading.text[start + length :]))


def test_a_refused_reading_is_unread() -> None:
    host = parse(
        evidence(
            ("iptables-nft-save4", HOST, "iptables-save -c", "Permission denied (you must be root)"), outcome="refused"
        )
    )
    assert [(item.key, item.reason) for item in host.unread] == [
        ("iptables-nft-save4", "Permission denied (you must be root)")
    ]
    assert host.namespaces == ()


def test_a_namespace_without_any_reading_belongs_to_no_container() -> None:
    whole = evidence_of("docker-28.5")
    closed = replace(
        whole,
        readings=tuple(
            replace(r, outcome="refused", text="permission denied") if r.netns == "container:back" else r
            for r in whole.readings
        ),
    )
    host = parse(closed)
    assert "container:back" not in host
    assert {c.name: c.netns for c in host.containers()}["back"] is None
    assert {item.netns for item in host.unread} == {"container:back"}


RULES = with_rule("filter DOCKER-USER", "-m time --timestart 10:00:00 --timestop 12:00:00 -j DROP")


def test_the_zone_of_the_reading_counts() -> None:
    host = host_namespace(RULES)
    assert with_clock(host, "1970-01-02T00:00:00Z").now_s == 86400
    assert with_clock(host, "1970-01-02T01:00:00+01:00").now_s == 86400
    assert with_clock(host, "1970-01-02T00:00:00").now_s is None
    assert with_clock(host, "").now_s is None


def test_windows_are_named_once() -> None:
    (window,) = time_windows(host_namespace(RULES).ruleset)
    assert (window.day_start_s, window.day_stop_s) == (36000, 43200)
    assert time_windows(host_namespace().ruleset) == ()


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


def refresh_namespace(host: ParsedHost, name: str = HOST) -> Namespace:
    return host.host.namespace(name)


def chains(host: ParsedHost, table: str) -> dict[str, Chain]:
    found = refresh_namespace(host).ruleset.table("ip", table)
    assert isinstance(found, Table)
    return {chain.name: chain for chain in found.chains}


def test_one_sysctl() -> None:
    path = "/proc/sys/net/ipv4/ip_forward"
    after = refreshed(FIRST, evidence(("sysctl", HOST, path, f"{path}:0\n")))
    assert refresh_namespace(FIRST).sysctls.number("net", "ipv4", "ip_forward") == 1
    assert refresh_namespace(after).sysctls.number("net", "ipv4", "ip_forward") == 0
    assert refresh_namespace(after).sysctls.number("net", "ipv4", "conf", "eth0", "forwarding") == 1
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
    assert refresh_namespace(after, "container:front") is refresh_namespace(FIRST, "container:front")


def differing(before: ParsedHost, after: ParsedHost) -> set[str]:
    """Return the parts of the refreshed namespace that are other objects; all other namespaces are the same ones."""
    one, other = refresh_namespace(before), refresh_namespace(after)
    for name in ("container:front", "container:back", "container:plain"):
        assert refresh_namespace(before, name) is refresh_namespace(after, name)
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
