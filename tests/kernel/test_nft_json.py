"""Rulesets as tools write them, loaded into the real kernel, listed by the real nft, read back.

Everything that they use has to be understood: nothing may turn opaque, and each rule's text has to be nft's own.  Then
packets: a rule that counts one in the kernel has to be satisfied here, and no other.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.match import Question, Surroundings, satisfies
from hairpin.netfilter.evaluate.traversal import decide
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.limit import Limit, Queue, TimeWindow
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.netfilter.packet import TCP, UDP, Connection, Packet, Seen, Tuple
from tests.whole import thinned

EXAMPLES = Path("/usr/share/doc/nftables/examples")
DATA = Path(__file__).parents[1] / "data" / "nft"
MARK = "=== listed ==="

DOCKER_29 = (DATA / "docker-29.txt").read_text("utf-8")
IPV4 = {
    "FAMILY": "ip", "ADDR": "ip", "LOOPBACK": "127.0.0.1", "TARGET": "172.17.0.2", "CONTAINER": "172.17.0.2",
    "SUBNET": "172.17.0.0/16",
}  # fmt: skip
IPV6 = {
    "FAMILY": "ip6", "ADDR": "ip6", "LOOPBACK": "::1", "TARGET": "[fd00::2]", "CONTAINER": "fd00::2",
    "SUBNET": "fd00::/64",
}  # fmt: skip


def filled(template: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        template = template.replace(name, word)
    return template


NETAVARK = (DATA / "netavark.txt").read_text("utf-8")
KUBE_PROXY = (DATA / "kube-proxy.txt").read_text("utf-8")
SMALLER_TOOLS = (DATA / "smaller-tools.txt").read_text("utf-8")

SERVER = """
table inet filter {
    set blocked { type ipv4_addr; flags interval; auto-merge; elements = { 198.51.100.0/24, 203.0.113.5-203.0.113.9 }; }
    set ports { type inet_service; elements = { 80, 443 }; }
    set pairs { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 8000-8100 }; }
    chain input {
        type filter hook input priority filter; policy drop;
        ct state vmap { established : accept, related : accept, invalid : drop }
        iif "lo" accept
        iif != "lo" ip daddr 127.0.0.0/8 counter drop
        fib saddr . iif oif missing counter drop
        fib saddr . mark . iif oif missing log prefix "rpfilter: " drop
        fib daddr type { broadcast, anycast, multicast } drop
        ip saddr @blocked counter drop
        ip saddr . tcp dport @pairs accept
        tcp dport @ports ct state new accept
        tcp flags & (fin | syn | rst | ack) != syn ct state new drop
        tcp flags fin,psh,urg / fin,syn,rst,psh,ack,urg drop
        icmp type { echo-request, destination-unreachable, time-exceeded } limit rate 5/second accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } ip6 hoplimit 255 accept
        meta pkttype { broadcast, multicast } drop
        meta skuid 1000-2000 accept
        meta l4proto tcp ct original proto-dst 22 ct status dnat accept
        ip frag-off & 0x1fff != 0 counter drop
        iifname . ip saddr { "eth0" . 10.0.0.0/8, "lo" . 127.0.0.1 } accept
        tcp dport vmap { 22 : jump ssh, 25-30 : drop }
        meta mark & 0xff 0x10 accept
        socket transparent 1 meta mark set 0x1 accept
        ip dscp ef meta priority set 1:10
        ct count over 20 reject with tcp reset
        reject with icmpx port-unreachable
    }
    chain ssh { ct state new limit rate over 3/minute burst 5 packets drop; accept; }
    chain out {
        type route hook output priority mangle; policy accept;
        ct mark set meta mark
        meta mark set ct mark & 0xff
    }
}
table bridge isolate {
    chain forward {
        type filter hook forward priority -200; policy accept;
        ether saddr 02:42:ac:11:00:02 ip daddr 10.0.0.1 drop
        meta protocol ip tcp dport 22 drop
        ether type ip6 udp dport 53 accept
        iifname "veth*" oifname { "veth1", "veth2" } drop
    }
}
table netdev early {
    chain in { type filter hook ingress device "lo" priority -500; policy accept; ip saddr 192.0.2.66 drop; }
}
"""

RULESETS = {
    "docker 29, IPv4": filled(DOCKER_29, IPV4),
    "docker 29, IPv6": filled(DOCKER_29, IPV6),
    "netavark": NETAVARK,
    "kube-proxy": KUBE_PROXY,
    "fail2ban, tailscale, libvirt, flannel, networkd": SMALLER_TOOLS,
    "a server's own": SERVER,
}

UNDERSTOOD = (
    "all-in-one.nft", "bridge-filter.nft", "inet-filter.nft", "inet-nat.nft", "ipv4-filter.nft", "ipv4-mangle.nft",
    "ipv4-nat.nft", "ipv4-raw.nft", "ipv6-filter.nft", "ipv6-mangle.nft", "ipv6-nat.nft", "ipv6-raw.nft", "nat.nft",
    "netdev-ingress.nft", "workstation.nft",
)  # fmt: skip


def listed(ruleset: str, then: str = "true") -> tuple[tuple[ir.Table, ...], str]:
    """Load the ruleset in a namespace of its own, run ``then`` there, and return nft's JSON, read, and nft's text."""
    script = f"ip link set lo up; nft -f - || exit; {then}; nft -j list ruleset; echo '{MARK}'; nft list ruleset"
    argv = ("unshare", "--net", "sh", "-c", script)
    done = subprocess.run(argv, input=ruleset, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document, _, text = done.stdout.partition(f"{MARK}\n")
    return nft_listing.parse(document, source="nft"), text


def rules(tables: tuple[ir.Table, ...]) -> Iterator[ir.Rule]:
    yield from (rule for table in tables for chain in table.chains for rule in chain.rules)


def unknown(tables: tuple[ir.Table, ...]) -> list[str]:
    return [rule.text for rule in rules(tables) for part in rule.body if isinstance(part, (ir.OpaqueMatch, ir.Outside))]


def plain(line: str) -> str:
    """Return a line of nft's listing without the parts that a rule's text leaves out."""
    return " ".join(re.sub(r"counter packets \d+ bytes \d+", "counter", line).split())


@pytest.mark.parametrize("ruleset", thinned(RULESETS.values(), 2), ids=RULESETS)
def test_the_listing_of_tools_is_understood(ruleset: str) -> None:
    tables, text = listed(ruleset)
    assert unknown(tables) == []
    lines = {plain(line) for line in text.splitlines()}
    assert [rule.text for rule in rules(tables) if rule.text not in lines] == []


@pytest.mark.parametrize("ruleset", thinned(RULESETS.values(), 2), ids=RULESETS)
def test_sets_and_maps_are_complete(ruleset: str) -> None:
    tables, _ = listed(ruleset)
    opaque = [each.name for table in tables for each in table.sets if each.opaque is not None]
    assert opaque == (["affinity-4AT6LBPK"] if "affinity" in ruleset else [])
    maps: list[ir.Map] = [each for table in tables for each in table.maps if each.name != "firewall-ips"]
    assert [each.name for each in maps if not each.elements] == []


def test_kube_proxy_chooses_an_endpoint_at_random() -> None:
    tables, _ = listed(KUBE_PROXY)
    chain = tables[0].chain("service-2QRHZV4L")
    assert chain is not None
    dice = [rule for rule in chain.rules if rule.number == 3]
    assert [type(part).__name__ for rule in dice for part in rule.body] == ["StatefulMatch", "Jump", "Jump"]


def test_debians_examples_are_understood() -> None:
    """The examples that a bare namespace can load; installations without documentation have none."""
    not_understood: dict[str, list[str]] = {}
    for path in sorted(EXAMPLES.glob("*.nft")):
        if path.name in UNDERSTOOD:
            tables, _ = listed(path.read_text("utf-8").replace("include", "# include"))
            not_understood[path.name] = unknown(tables)
    assert [name for name, texts in not_understood.items() if texts] == []


# --- packets ---------------------------------------------------------------------------------------------------------

ASKED = """
oifname "lo"
oifname != "lo"
oifname "l*"
iifname != "eth0"
iifname "eth0"
iif != 7
iif 0
ip daddr 127.0.0.1
ip daddr != 127.0.0.1
ip daddr 127.0.0.0/8
ip6 daddr ::1
ip6 daddr != ::1
ip saddr & 0.0.0.1 == 0.0.0.1
ip saddr & 0.0.0.1 == 0.0.0.0
meta nfproto ipv4
meta l4proto udp
meta l4proto != udp
meta l4proto { tcp, icmp }
udp dport 5353
udp dport != 5353
udp dport { 53, 5000-6000 }
udp dport > 5353
udp dport >= 5353
udp dport & 0xff == 0xe9
udp dport & 1 == 0
tcp dport 5353
tcp dport != 5353
th dport 5353
@th,16,16 5353
ip protocol udp
ip ttl 64
ip ttl < 64
ip length 29
ip length != 29
ip frag-off & 0x1fff == 0
ip frag-off & 0x1fff != 0
ip dscp cs0
icmp type echo-request
icmp type != echo-request
icmpv6 type != echo-request
ct state new
ct state established,related
ct state != new
ct state ! established
ct state { new, invalid }
ct direction original
ct direction reply
ct mark 0
ct mark != 0
ct status dnat
ct status ! dnat
ct original ip daddr 127.0.0.1
ct original ip daddr != 127.0.0.1
ct protocol udp
meta mark 0
meta mark & 0xf0 == 0x10
meta mark | 0x1 == 0x1
meta mark ^ 0x5 == 0x5
meta skuid 0
meta skuid != 0
ip daddr . udp dport { 127.0.0.1 . 5353 }
ip daddr . udp dport { 127.0.0.1 . 5354, 127.0.0.2 . 5353 }
ip daddr . udp dport != { 127.0.0.1 . 5353 }
ip daddr . meta l4proto . th dport { 127.0.0.0/8 . udp . 5000-6000 }
oifname . ip daddr { "lo" . 127.0.0.1 }
ip daddr @addresses
ip daddr != @addresses
ip daddr . udp dport @pairs
ether saddr != 02:00:00:00:00:01
""".strip().splitlines()

SENDER = (
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0));"
    " s.sendto(b'x', ('127.0.0.1', PORT))"
)


class Loopback(Surroundings):
    """The surroundings of a namespace with nothing but lo; no rule here asks for routes back or sockets."""

    def address_is(self, seen: Seen, side: str, types: tuple[str, ...], link: str | None) -> bool:
        assert (seen.packet.daddr >> 24, link) == (127, None), side
        return "local" in types

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        raise AssertionError((seen, loose, use_mark))

    def is_read(self, queue: Queue) -> bool | None:
        return None

    def is_now(self, window: TimeWindow) -> bool | None:
        return None

    def owns_socket(self, seen: Seen, *, transparent: bool, wildcard: bool) -> bool | None:
        raise AssertionError(seen)

    def exceeds(self, seen: Seen, limit: Limit, entered: frozenset[str], passes: Callable[[Seen], bool]) -> bool:
        return False

    def offloads(self, seen: Seen) -> bool:
        raise AssertionError(seen)


def datagram(port: int) -> Seen:
    """Return SENDER's packet at the output hook."""
    entry = Tuple(0x7F000001, 0x7F000001, UDP, 40000, port)
    packet = Packet(4, entry.saddr, entry.daddr, UDP, sport=entry.sport, dport=port, length_bytes=29)
    return Seen(packet, oif="lo", ct_state=ir.CT_NEW, connection=Connection(4, entry, entry.reversed()), uid=0, gid=0)


def is_satisfied(body: tuple[ir.Expression, ...], question: Question) -> bool:
    """Return whether all matches of the rule are satisfied; each must be decided."""
    truths: list[Truth] = []
    for part in body:
        assert isinstance(
            part,
            (
                ir.FieldMatch,
                ir.NameMatch,
                ir.SetMatch,
                ir.InlineSetMatch,
                ir.FibMatch,
                ir.ReversePathMatch,
                ir.SocketMatch,
                ir.AnyOfMatch,
                ir.StatefulMatch,
                ir.OpaqueMatch,
            ),
        ), part
        truths.append(satisfies(question, part))
    assert Truth.UNKNOWN not in truths, body
    return min(truths, default=Truth.YES) is Truth.YES


def test_rules_are_satisfied_by_the_packets_that_the_kernel_counts() -> None:
    """One UDP datagram to 127.0.0.1:5353, at the output hook, through every rule."""
    lines = "\n".join(f"{line} counter" for line in ASKED)
    ruleset = f"""table inet asked {{
        set addresses {{ type ipv4_addr; flags interval; elements = {{ 127.0.0.0/8 }}; }}
        set pairs {{ type ipv4_addr . inet_service; flags interval; elements = {{ 127.0.0.0/16 . 5353 }}; }}
        chain out {{ type filter hook output priority filter; udp dport 5353 jump asked; }}
        chain asked {{
{lines}
}}
    }}"""
    tables, _ = listed(ruleset, f'{sys.executable} -c "{SENDER}"'.replace("PORT", "5353"))
    chain = tables[0].chain("asked")
    assert chain is not None
    assert len(chain.rules) == len(ASKED)
    seen = datagram(5353)
    question = Question(seen, header_of(seen), {each.name: each for each in tables[0].sets}, Loopback())
    kernel = {rule.text for rule in chain.rules if rule.packets == 1}
    ours = {rule.text for rule in chain.rules if is_satisfied(rule.body, question)}
    assert ours == kernel
    assert 0 < len(kernel) < len(ASKED)


def test_tcp_flags_are_satisfied_by_the_packets_that_the_kernel_counts() -> None:
    """The SYN of a connection that is refused, then its RST, each at the output hook."""
    asked = (
        "tcp flags syn", "tcp flags == syn", "tcp flags != syn", "tcp flags ! syn", "tcp flags & (syn | ack) == syn",
        "tcp flags syn / fin,syn,rst,ack", "tcp flags != syn / fin,syn,rst,ack", "tcp flags & rst != 0",
        "tcp flags & (rst | ack) == rst | ack", "tcp flags { syn, ack }", "ct state new", "ct state established",
        "ct direction reply", "tcp sport 9", "tcp dport 9", "meta skuid != 7",
    )  # fmt: skip
    lines = "\n".join(f"{line} counter" for line in asked)
    ruleset = f"""table ip asked {{
        chain out {{ type filter hook output priority filter; tcp sport 9 jump asked; tcp dport 9 jump asked; }}
        chain asked {{
{lines}
}}
    }}"""
    connect = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    tables, _ = listed(ruleset, f'{sys.executable} -c "{connect}"')
    chain = tables[0].chain("asked")
    assert chain is not None
    entry = Tuple(0x7F000001, 0x7F000001, TCP, 40000, 9)
    connection = Connection(4, entry, entry.reversed())
    syn = Packet(4, entry.saddr, entry.daddr, TCP, sport=40000, dport=9, tcp_flags=2)
    rst = Packet(4, entry.daddr, entry.saddr, TCP, sport=9, dport=40000, tcp_flags=20)
    there = Seen(syn, oif="lo", ct_state=ir.CT_NEW, connection=connection, uid=0)
    back = Seen(rst, oif="lo", ct_state=ir.CT_ESTABLISHED, ct_direction=1, connection=connection)
    ours = dict.fromkeys((rule.text for rule in chain.rules), 0)
    for seen in (there, back):
        question = Question(seen, header_of(seen), {}, Loopback())
        for rule in chain.rules:
            # The kernel's RST has no socket: an owner match ends the rule.
            if not (seen is back and "skuid" in rule.text):
                ours[rule.text] += is_satisfied(rule.body, question)
    assert ours == {rule.text: rule.packets for rule in chain.rules}


WAYS = """
table inet ways {
    map verdicts {
        type inet_service : verdict
        elements = { 1001 : jump one, 1002 : goto one, 1003 : drop, 1004 : accept, 1005 : return }
    }
    map by_protocol {
        type inet_proto . inet_service : verdict
        flags interval
        elements = { udp . 1100-1199 : goto two, tcp . 1001 : drop }
    }
    map marks { type inet_service : mark; elements = { 1006 : 7, 1007 : 0x18 }; }
    chain out {
        type filter hook output priority filter; policy accept;
        meta l4proto != udp accept
        udp dport != 1000-1999 accept
        oifname vmap { "lo" : jump seen, "eth*" : drop }
        udp dport vmap @verdicts
        meta l4proto . th dport vmap @by_protocol
        meta mark set udp dport map @marks counter
        meta mark & 0xf vmap { 7 : jump one, 8 : goto two }
        meta mark set meta mark & 0xfffffff0 | 0x1 counter
        fib daddr type vmap { local : jump two, unicast : drop }
        udp dport vmap { 1008 : drop, 1000-1006 : continue, * : goto one }
        meta mark 0x11 counter
        counter
    }
    chain seen { counter return; }
    chain one { counter; udp dport 1001 return; meta mark 0x1 counter drop; }
    chain two { counter; ct original proto-dst 1100 counter drop; }
}
"""


@pytest.mark.parametrize("port", (999, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1100, 1150))
def test_verdict_maps_lead_to_the_rules_that_the_kernel_counts(port: int) -> None:
    """The rules with a counter that one datagram passes."""
    ruleset = WAYS.replace("ct original", "meta l4proto udp ct original")
    tables, _ = listed(ruleset, f'{sys.executable} -c "{SENDER}" 2>/dev/null'.replace("PORT", str(port)))
    base = tables[0].chain("out")
    assert base is not None
    (decision,) = decide(tables[0], base, datagram(port), Loopback(), ())
    passed = {(place.chain, place.handle) for place in decision.trail}
    ours = {(chain.name, rule.number) for chain in tables[0].chains for rule in chain.rules
            if rule.packets is not None and (chain.name, rule.handle) in passed}  # fmt: skip
    kernel = {(chain.name, rule.number) for chain in tables[0].chains for rule in chain.rules if rule.packets}
    assert ours == kernel
