"""Every element of iptables, ebtables and nftables, and how hairpin models it.

- *exact*: the walk decides it from the packet, the sets and the host's tables.
- *stateful or random*: it depends on history, load, time or chance. The walk forks and names the condition.
- *outside*: it depends on facts or fields of the packet that hairpin does not have. The walk forks and names it.

Each row has an example. tests/tools/test_element_table.py reads it and holds its class against the table.
docs/reference/elements.md is made from the table (tools/elements.py).
"""

from typing import Literal

import msgspec

from tools import element_table_nft

Class = Literal["exact", "stateful or random", "outside"]
Tool = Literal["iptables", "ip6tables", "ebtables", "nft"]


class Row(msgspec.Struct, frozen=True, gc=False):
    """One element; ``example`` is words of a rule, for nft a statement in nft's JSON."""

    tool: Tool
    element: str
    kind: Class
    example: str
    note: str = ""


_EXACT = """
-p tcp -m tcp --dport 80 --tcp-flags SYN,ACK SYN
-p udp -m udp --sport 53
-p udplite -m udplite --dport 9
-p sctp -m sctp --dport 9
-p 33 -m dccp --dport 9
-p tcp -m multiport --dports 80,443
-p icmp -m icmp --icmp-type 8
6 -p ipv6-icmp -m icmp6 --icmpv6-type 128
-p esp -m esp
6 -m hbh
6 -m dst
6 -m rt
6 -m frag
6 -m ah
-m addrtype --dst-type LOCAL
-m comment --comment text
-m connmark --mark 1
-m conntrack --ctstate NEW
-m devgroup --src-group 1 # a group that the host gave a name is unknown
-m dscp --dscp 0x10
-m ecn --ecn-ip-ect 1
-m iprange --src-range 10.0.0.1-10.0.0.9
-m length --length 0:100
-m mac --mac-source 02:00:00:00:00:01
-m mark --mark 1
-m nfacct --nfacct-name web # counts
-m owner --uid-owner 0
-m physdev --physdev-in eth0
-m pkttype --pkt-type broadcast
-m policy --dir in --pol none
-m rpfilter
-m set --match-set known src # outside when the set is not in the snapshot
-m socket --nowildcard # --transparent: outside
-m state --state NEW
-m tos --tos 0x10/0x3f
-m ttl --ttl-eq 1
6 -m hl --hl-eq 1
-j ACCEPT
-j DROP
-j RETURN
-j REJECT --reject-with icmp-port-unreachable
-j DNAT --to-destination 10.0.0.1 # a base port (1-9/5): outside
-j SNAT --to-source 10.0.0.1
-j MASQUERADE
-p tcp -j REDIRECT --to-ports 80
-j NETMAP --to 10.0.0.0/24 # outside in a chain that runs at hooks of both directions
-j MARK --set-xmark 0x1/0x1
-j CONNMARK --save-mark
-j CT --notrack # a zone of one direction: outside
-j NOTRACK
-j DSCP --set-dscp 0x10
-j TOS --set-tos 0x10/0x3f
-j TTL --ttl-set 64
6 -j HL --hl-set 64
-j AUDIT --type drop
-j CHECKSUM --checksum-fill
-j CLASSIFY --set-class 1:1
-j CONNSECMARK --save
-p tcp -j ECN --ecn-tcp-remove
-j IDLETIMER --timeout 5 --label x
-j LED --led-trigger-id x
-j LOG
-j NFLOG
-j RATEEST --rateest-name x --rateest-interval 250ms --rateest-ewmalog 500ms
-j SECMARK --selctx x
-j SET --add-set known src
-p tcp -j TCPMSS --clamp-mss-to-pmtu
-p tcp -j TCPOPTSTRIP --strip-options 5
-j TEE --gateway 10.0.0.1 # the copy is not walked
-j TRACE
"""
_STATEFUL = """
-m connbytes --connbytes 1:9 --connbytes-mode packets --connbytes-dir both
-m connlimit --connlimit-above 3
-m hashlimit --hashlimit-upto 1/sec --hashlimit-name x
-m limit --limit 1/sec
-m quota --quota 1000
-m rateest --rateest x --rateest-lt --rateest-bps 8bit
-m recent --update --seconds 9
-m statistic --mode random --probability 0.5
-m time --timestart 01:00:00
-m string --string x --algo bm # supposes that the packet does not carry it
-p tcp -m tcpmss --mss 1:9 # supposes an ordinary segment size
"""
_OUTSIDE = """
6 -m ah --ahspi 5 # a number in the header; no packet without an AH satisfies it
-m bpf --bytecode x
-m cgroup --cgroup 1
-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1
-m connlabel --label 5
-m cpu --cpu 0
-p 33 -m dccp --dccp-types REQUEST
-p esp -m esp --espspi 5
6 -m eui64
6 -m frag --fragid 5 # no packet without the header satisfies it; the same of dst, hbh, rt and srh
-m helper --helper ftp
-p 108 -m ipcomp --ipcompspi 5
-m ipvs --ipvs
6 -m ipv6header --header hop-by-hop
6 -p 135 -m mh --mh-type 1
-p tcp -m osf --genre Linux
-m policy --dir in --pol ipsec --reqid 5 # no packet without an IPsec policy satisfies it
-m realm --realm 1
-p sctp -m sctp --chunk-types any DATA
6 -m srh --srh-tag 5
-m u32 --u32 0x0=0x0
-j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:01 --total-nodes 2 --local-node 1
6 -j DNPT --src-pfx fd00::/64 --dst-pfx fd01::/64
6 -j SNPT --src-pfx fd00::/64 --dst-pfx fd01::/64
-j HMARK --hmark-tuple src --hmark-mod 2 --hmark-rnd 1
-j NFQUEUE --queue-num 1
-p tcp -j SYNPROXY --mss 1460
-p tcp -j TPROXY --on-port 80 --on-ip 0.0.0.0
"""
_EBTABLES: dict[Class, str] = {
    "exact": """
-p IPv4 --ip-src 10.0.0.1
-p IPv4 --ip-proto 6 --ip-dport 80
-p IPv4 --ip-icmp-type 3:5/1:2
-p IPv4 --ip-tos 0x10
-p IPv6 --ip6-src fd00::1
-p IPv6 --ip6-icmp-type 128:129/0:255
-p IPv6 --ip6-tclass 0x10
-s 02:00:00:00:00:01
-d ff:ff:ff:ff:ff:ff
-i eth0
-o eth1
--mark 0x1
--pkttype-type broadcast
--log-level info
--nflog-group 1
-j ACCEPT
-j mark --mark-set 0x1 --mark-target ACCEPT
-j snat --to-src 02:00:00:00:00:01
""",
    "stateful or random": """
--limit 1/sec
""",
    "outside": """
--802_3-sap 0x42
--among-src 02:00:00:00:00:01
-p ARP --arp-op Request
--logical-in br0
--stp-type 1
-p 802_1Q --vlan-id 5
-j arpreply --arpreply-mac 02:00:00:00:00:01
-j dnat --to-dst 02:00:00:00:00:01
-j redirect
""",
}


def rows() -> tuple[Row, ...]:
    """Return the whole table: iptables, ebtables, nftables."""
    words: dict[Class, str] = {"exact": _EXACT, "stateful or random": _STATEFUL, "outside": _OUTSIDE}
    of_nft: dict[Class, dict[str, str]] = {
        "exact": element_table_nft.EXACT,
        "stateful or random": element_table_nft.STATEFUL,
        "outside": element_table_nft.OUTSIDE,
    }
    return (
        *(_iptables(line, kind) for kind, text in words.items() for line in text.strip().splitlines()),
        *(_ebtables(line, kind) for kind, text in _EBTABLES.items() for line in text.strip().splitlines()),
        *(Row("nft", name, kind, example) for kind, found in of_nft.items() for name, example in found.items()),
    )


def _iptables(line: str, kind: Class) -> Row:
    example, _, note = line.partition(" # ")
    tool: Tool = "ip6tables" if example.startswith("6 ") else "iptables"
    example = example.removeprefix("6 ")
    words = example.split()
    at = max(index for index, word in enumerate(words) if word in ("-m", "-j"))
    return Row(tool, " ".join(words[at : at + 2]), kind, example, note)


def _ebtables(line: str, kind: Class) -> Row:
    words = line.split()
    at = 2 if words[0] == "-p" and words[1:2] != words[-1:] else 0
    return Row("ebtables", " ".join(words[at : at + 2]) if words[0] == "-j" else words[at], kind, line)


def page(judged: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Return docs/reference/elements.md.

    ``judged``: each kernel, and ``TOOL ELEMENT`` of those rows that it has judged.
    """
    lines = [_HEAD]
    for tool, title in _TITLES.items():
        found = [row for row in rows() if row.tool in tool]
        lines += [f"## {title}", "", "| element | class | judged by kernels | |", "| --- | --- | --- | --- |"]
        lines += [f"| `{row.element}` | {row.kind} | {_kernels(row, judged)} | {row.note} |" for row in found]
        lines.append("")
    return "\n".join(lines)


def _kernels(row: Row, judged: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Return the kernels that judged the row; a row of iptables is the same element in both families."""
    names = {f"{tool} {row.element}" for tool in (row.tool, "ip6tables" if row.tool == "iptables" else row.tool)}
    return ", ".join(kernel for kernel, found in judged if names.intersection(found))


_TITLES = {("iptables", "ip6tables"): "iptables and ip6tables", ("ebtables",): "ebtables", ("nft",): "nftables"}
_HEAD = """\
# Elements of rules, and how hairpin models them

Made by `python tools/elements.py` from the table in the code; a test holds the table against the readers.

| class | what a walk does |
| --- | --- |
| exact | It decides from the packet, the sets and the host's tables. Elements that only log, count or copy are exact. |
| stateful or random | It depends on history, load, time or chance: the walk forks and names the condition. |
| outside | It depends on facts or fields of the packet that hairpin does not have: the walk forks and names it. |

An option that hairpin does not understand makes its module or target *outside*, whatever the class. All types of ipset
are exact. A set with `bitmask`, and a set that nftables rules add to, decide only for the elements that they are known
to hold. [Conformance](conformance.md) says how many of the tools' own tests are read. A kernel has *judged* an element
if packets satisfied a rule with it there, and walk and kernel agreed on all packets and counters of that network
([fidelity](fidelity.md), [other kernels](fidelity-kernels.md)).
"""
