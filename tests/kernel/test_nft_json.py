"""Rulesets as tools write them, loaded into the real kernel, listed by the real nft, read back.

Everything that they use has to be understood: nothing may turn opaque, and each rule's text has to be nft's own.  Then
packets: a rule that counts one in the kernel has to be satisfied here, and no other.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin.netfilter import nft_json
from hairpin.netfilter.evaluate import decide
from hairpin.netfilter.header import header_of
from hairpin.netfilter.ir import (
    CT_ESTABLISHED,
    CT_NEW,
    AnyOfMatch,
    Expression,
    FibMatch,
    FieldMatch,
    InlineSetMatch,
    Map,
    NameMatch,
    OpaqueMatch,
    Outside,
    ReversePathMatch,
    Rule,
    SetMatch,
    SocketMatch,
    StatefulMatch,
    Table,
)
from hairpin.netfilter.packet import TCP, UDP, Connection, Packet, Seen, Tuple
from hairpin.netfilter.satisfies import Question, Surroundings, satisfies
from hairpin.netfilter.truth import Truth

EXAMPLES = Path("/usr/share/doc/nftables/examples")
MARK = "=== listed ==="

DOCKER_29 = """
table FAMILY docker-bridges {
    map filter-forward-in-jumps {
        type ifname : verdict
        elements = { "docker0" : jump filter-forward-in__docker0, "br-0123456789ab" : jump filter-forward-in__docker0 }
    }
    map filter-forward-out-jumps {
        type ifname : verdict
        elements = { "docker0" : jump filter-forward-out__docker0 }
    }
    map nat-postrouting-in-jumps {
        type ifname : verdict
        elements = { "docker0" : jump nat-postrouting-in__docker0 }
    }
    map nat-postrouting-out-jumps {
        type ifname : verdict
        elements = { "docker0" : jump nat-postrouting-out__docker0 }
    }
    chain filter-FORWARD {
        type filter hook forward priority filter; policy accept;
        oifname vmap @filter-forward-in-jumps
        iifname vmap @filter-forward-out-jumps
    }
    chain nat-OUTPUT {
        type nat hook output priority -100; policy accept;
        ADDR daddr != LOOPBACK fib daddr type local counter jump nat-prerouting-and-output
    }
    chain nat-PREROUTING {
        type nat hook prerouting priority dstnat; policy accept;
        fib daddr type local counter jump nat-prerouting-and-output
    }
    chain nat-POSTROUTING {
        type nat hook postrouting priority srcnat; policy accept;
        iifname vmap @nat-postrouting-out-jumps
        oifname vmap @nat-postrouting-in-jumps
    }
    chain nat-prerouting-and-output {
        iifname != "docker0" tcp dport 8151 counter dnat to TARGET:80 comment "DNAT"
        ADDR daddr LOOPBACK udp dport 53 counter dnat to TARGET:5353 comment "DNAT"
    }
    chain raw-PREROUTING {
        type filter hook prerouting priority raw; policy accept;
        ADDR daddr CONTAINER iifname != "docker0" counter drop comment "DROP DIRECT ACCESS"
        iifname != "lo" ADDR daddr LOOPBACK tcp dport 8080 counter drop comment "DROP REMOTE LOOPBACK"
    }
    chain filter-forward-in__docker0 {
        ct state established,related counter accept
        iifname "docker0" counter accept comment "ICC"
        ADDR daddr CONTAINER tcp dport 80 counter accept
        counter drop comment "UNPUBLISHED PORT DROP"
    }
    chain filter-forward-out__docker0 {
        ct state established,related counter accept
        oifname != "docker0" counter drop comment "INTERNAL NETWORK EGRESS"
        counter accept comment "OUTGOING"
    }
    chain nat-postrouting-in__docker0 {
        fib saddr type local counter masquerade comment "MASQ FROM HOST"
        ADDR saddr CONTAINER ADDR daddr CONTAINER tcp dport 80 counter masquerade comment "MASQ TO OWN PORT"
    }
    chain nat-postrouting-out__docker0 {
        oifname != "docker0" ADDR saddr SUBNET counter masquerade comment "MASQUERADE"
        oifname != "docker0" ADDR saddr SUBNET counter snat to CONTAINER comment "SNAT"
    }
}
"""
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


NETAVARK = """
table inet netavark {
    chain INPUT {
        type filter hook input priority filter; policy accept;
        ip saddr 10.88.0.0/16 meta l4proto { tcp, udp } th dport 53 accept
    }
    chain FORWARD {
        type filter hook forward priority filter; policy accept;
        ct state invalid drop
        ct mark & 0x00001000 == 0x00001000 accept
        jump NETAVARK-ISOLATION-1
        ip daddr 10.88.0.0/16 ct state established,related accept
        ip saddr 10.88.0.0/16 accept
    }
    chain POSTROUTING {
        type nat hook postrouting priority srcnat; policy accept;
        meta mark & 0x00002000 == 0x00002000 masquerade
        ip saddr 10.88.0.0/16 jump nv_2f259bab_10_88_0_0_nm16
    }
    chain PREROUTING {
        type nat hook prerouting priority dstnat; policy accept;
        fib daddr type local jump NETAVARK-HOSTPORT-DNAT
    }
    chain OUTPUT {
        type nat hook output priority -100; policy accept;
        fib daddr type local jump NETAVARK-HOSTPORT-DNAT
    }
    chain NETAVARK-HOSTPORT-DNAT {
        ip daddr 10.88.0.1 udp dport 53 dnat ip to 10.88.0.1:1153
        tcp dport 8080 jump nv_2f259bab_10_88_0_0_nm16_dnat
        tcp dport 9000-9002 jump nv_2f259bab_10_88_0_0_nm16_dnat
    }
    chain NETAVARK-HOSTPORT-SETMARK { meta mark set meta mark | 0x00002000; }
    chain NETAVARK-ISOLATION-1 { iifname "podman1" oifname != "podman1" jump NETAVARK-ISOLATION-2; }
    chain NETAVARK-ISOLATION-2 { oifname "podman1" drop; }
    chain NETAVARK-ISOLATION-3 { jump NETAVARK-ISOLATION-2; }
    chain nv_2f259bab_10_88_0_0_nm16 {
        ip daddr 10.88.0.0/16 accept
        ip daddr != 224.0.0.0/4 masquerade
        ip6 daddr fd00::/64 accept
        ip6 daddr != ff00::/8 snat ip6 to fd00::5
    }
    chain nv_2f259bab_10_88_0_0_nm16_dnat {
        ip saddr 10.88.0.0/16 tcp dport 8080 jump NETAVARK-HOSTPORT-SETMARK
        ip saddr 127.0.0.1 tcp dport 8080 jump NETAVARK-HOSTPORT-SETMARK
        tcp dport 8080 dnat ip to 10.88.0.2:80
        tcp dport 8081 dnat ip6 to [fd00::2]:80
    }
}
"""

KUBE_PROXY = """
table ip kube-proxy {
    set cluster-ips { type ipv4_addr; elements = { 10.96.0.1, 10.96.0.10 }; }
    set nodeport-ips { type ipv4_addr; elements = { 192.0.2.5 }; }
    set affinity-4AT6LBPK { type ipv4_addr; flags dynamic,timeout; timeout 3h; }
    map no-endpoint-services {
        type ipv4_addr . inet_proto . inet_service : verdict
        elements = { 10.96.0.9 . tcp . 80 comment "ns/svc" : goto reject-chain }
    }
    map service-ips {
        type ipv4_addr . inet_proto . inet_service : verdict
        elements = { 10.96.0.1 . tcp . 443 : goto service-2QRHZV4L, 10.96.0.10 . udp . 53 : goto service-2QRHZV4L }
    }
    map service-nodeports {
        type inet_proto . inet_service : verdict
        elements = { tcp . 30080 : goto external-2QRHZV4L }
    }
    map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
    chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
    chain masquerading {
        meta mark & 0x4000 == 0 return
        meta mark set meta mark xor 0x4000
        masquerade fully-random
    }
    chain filter-prerouting {
        type filter hook prerouting priority dstnat - 10; policy accept;
        ct state new jump firewall-check
    }
    chain filter-input {
        type filter hook input priority -110; policy accept;
        ct state new jump service-endpoints-check
    }
    chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
    chain nat-postrouting { type nat hook postrouting priority srcnat; policy accept; jump masquerading; }
    chain services {
        ip daddr . meta l4proto . th dport vmap @service-ips
        ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
        fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports
    }
    chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
    chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
    chain cluster-ips-check {
        ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
        ip daddr 10.96.0.0/12 drop comment "Drop traffic to unallocated ClusterIPs"
    }
    chain reject-chain { reject; }
    chain external-2QRHZV4L { jump mark-for-masquerade; goto service-2QRHZV4L; }
    chain service-2QRHZV4L {
        ip daddr 10.96.0.1 tcp dport 443 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
        ip saddr @affinity-4AT6LBPK goto endpoint-A
        numgen random mod 2 vmap { 0 : goto endpoint-A, 1 : goto endpoint-B }
    }
    chain endpoint-A {
        ip saddr 10.244.0.3 jump mark-for-masquerade
        update @affinity-4AT6LBPK { ip saddr }
        meta l4proto tcp dnat to 10.244.0.3:6443
    }
    chain endpoint-B { ip saddr 10.244.0.4 jump mark-for-masquerade; meta l4proto tcp dnat to 10.244.0.4:6443; }
}
"""

SMALLER_TOOLS = """
table inet f2b-table {
    set addr-set-sshd { type ipv4_addr; elements = { 203.0.113.9 }; }
    set addr6-set-sshd { type ipv6_addr; elements = { 2001:db8::9 }; }
    chain f2b-chain {
        type filter hook input priority filter - 1; policy accept;
        tcp dport { 22, 2222 } ip saddr @addr-set-sshd reject with icmp port-unreachable
        meta l4proto tcp ip6 saddr @addr6-set-sshd drop
        tcp dport 0-65535 ip saddr @addr-set-sshd reject with icmpx admin-prohibited
    }
}
table ip filter {
    chain ts-input {
        ip saddr 100.100.1.1 iifname "lo" counter accept
        iifname != "tailscale0" ip saddr 100.115.92.0/23 counter return
        iifname != "tailscale0" ip saddr 100.64.0.0/10 counter drop
        iifname "tailscale0" counter accept
        udp dport 41641 counter accept
    }
    chain ts-forward {
        iifname "tailscale0" counter meta mark set mark and 0xff00ffff xor 0x40000
        meta mark & 0x00ff0000 == 0x00040000 counter accept
        oifname "tailscale0" ip saddr 100.64.0.0/10 counter drop
        oifname "tailscale0" counter accept
    }
    chain FORWARD { type filter hook forward priority filter; policy drop; counter jump ts-forward; }
}
table ip libvirt_network {
    chain forward {
        type filter hook forward priority filter; policy accept;
        counter jump guest_cross
        counter jump guest_input
    }
    chain guest_input {
        oif "lo" ip daddr 192.168.122.0/24 ct state established,related counter accept
        oif "lo" counter reject
    }
    chain guest_cross { iif "lo" oif "lo" counter accept; }
    chain guest_nat {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr 192.168.122.0/24 ip daddr 224.0.0.0/24 counter return
        meta l4proto tcp ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 counter masquerade to :1024-65535
        ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 counter masquerade
    }
}
table ip flannel-ipv4 {
    chain postrtg {
        type nat hook postrouting priority srcnat; policy accept;
        meta mark 0x00004000 return
        ip saddr 10.244.1.0/24 ip daddr 10.244.0.0/16 return
        ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
        ip saddr != 10.244.0.0/16 ip daddr 10.244.0.0/16 masquerade fully-random
    }
}
table ip io.systemd.nat {
    set masq_saddr { type ipv4_addr; flags interval; elements = { 10.9.0.0/24 }; }
    map map_port_ipport {
        type inet_proto . inet_service : ipv4_addr . inet_service
        elements = { tcp . 8080 : 10.9.0.2 . 80 }
    }
    chain prerouting {
        type nat hook prerouting priority dstnat + 1; policy accept;
        fib daddr type local dnat ip addr . port to meta l4proto . th dport map @map_port_ipport
    }
    chain output {
        type nat hook output priority -99; policy accept;
        ip daddr != 127.0.0.0/8 oif "lo" dnat ip addr . port to meta l4proto . th dport map @map_port_ipport
    }
    chain postrouting { type nat hook postrouting priority srcnat + 1; policy accept; ip saddr @masq_saddr masquerade; }
}
"""

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


def listed(ruleset: str, then: str = "true") -> tuple[tuple[Table, ...], str]:
    """Load the ruleset in a namespace of its own, run ``then`` there, and return nft's JSON, read, and nft's text."""
    script = f"ip link set lo up; nft -f - || exit; {then}; nft -j list ruleset; echo '{MARK}'; nft list ruleset"
    argv = ("unshare", "--net", "sh", "-c", script)
    done = subprocess.run(argv, input=ruleset, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document, _, text = done.stdout.partition(f"{MARK}\n")
    return nft_json.parse(document, source="nft"), text


def rules(tables: tuple[Table, ...]) -> Iterator[Rule]:
    yield from (rule for table in tables for chain in table.chains for rule in chain.rules)


def unknown(tables: tuple[Table, ...]) -> list[str]:
    return [rule.text for rule in rules(tables) for part in rule.body if isinstance(part, (OpaqueMatch, Outside))]


def plain(line: str) -> str:
    """Return a line of nft's listing without what a rule's text leaves away."""
    return " ".join(re.sub(r"counter packets \d+ bytes \d+", "counter", line).split())


@pytest.mark.parametrize("ruleset", RULESETS.values(), ids=RULESETS)
def test_what_tools_write_is_understood(ruleset: str) -> None:
    tables, text = listed(ruleset)
    assert unknown(tables) == []
    lines = {plain(line) for line in text.splitlines()}
    assert [rule.text for rule in rules(tables) if rule.text not in lines] == []


@pytest.mark.parametrize("ruleset", RULESETS.values(), ids=RULESETS)
def test_sets_and_maps_are_complete(ruleset: str) -> None:
    tables, _ = listed(ruleset)
    opaque = [each.name for table in tables for each in table.sets if each.opaque is not None]
    assert opaque == (["affinity-4AT6LBPK"] if "affinity" in ruleset else [])
    maps: list[Map] = [each for table in tables for each in table.maps if each.name != "firewall-ips"]
    assert [each.name for each in maps if not each.elements] == []


def test_kube_proxy_chooses_an_endpoint_by_a_dice() -> None:
    tables, _ = listed(KUBE_PROXY)
    chain = tables[0].chain("service-2QRHZV4L")
    assert chain is not None
    dice = [rule for rule in chain.rules if rule.number == 3]
    assert [type(part).__name__ for rule in dice for part in rule.body] == ["StatefulMatch", "Jump", "Jump"]


def test_debians_examples_are_understood() -> None:
    """Those that a bare namespace can load; installations without documentation have none."""
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
    """A namespace with nothing but lo; no rule asked here asks for ways back or sockets."""

    def address_is(self, seen: Seen, side: str, types: tuple[str, ...], link: str | None) -> bool:
        assert (seen.packet.daddr >> 24, link) == (127, None), side
        return "local" in types

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        raise AssertionError((seen, loose, use_mark))

    def owns_socket(self, seen: Seen, *, transparent: bool) -> bool | None:
        raise AssertionError(seen)


def datagram(port: int) -> Seen:
    """Return SENDER's packet at the output hook."""
    entry = Tuple(0x7F000001, 0x7F000001, UDP, 40000, port)
    packet = Packet(4, entry.saddr, entry.daddr, UDP, sport=entry.sport, dport=port, length_bytes=29)
    return Seen(packet, oif="lo", ct_state=CT_NEW, connection=Connection(4, entry, entry.reversed()), uid=0, gid=0)


def is_satisfied(body: tuple[Expression, ...], question: Question) -> bool:
    """Return whether all matches of the rule are satisfied; each has to be decidable."""
    truths: list[Truth] = []
    for part in body:
        assert isinstance(
            part,
            (FieldMatch, NameMatch, SetMatch, InlineSetMatch, FibMatch, ReversePathMatch, SocketMatch, AnyOfMatch,
             StatefulMatch, OpaqueMatch),
        ), part  # fmt: skip
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
    there = Seen(syn, oif="lo", ct_state=CT_NEW, connection=connection, uid=0)
    back = Seen(rst, oif="lo", ct_state=CT_ESTABLISHED, ct_direction=1, connection=connection)
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
def test_the_way_through_maps_is_the_kernels(port: int) -> None:
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
