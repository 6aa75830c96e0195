"""Lists of the kernel: ``conntrack -L``, ``ipset``, ``ebtables -L``, files below ``/proc/net``, and two lists that
are empty on most hosts: ``tc qdisc`` and ``ip xfrm policy``.

A connection with an address that a person masked is left out.  A set whose members are incomplete is left out as a
whole, so the result of a rule about this set is not known.

Source: libnetfilter_conntrack; ipset lib/session.c; ebtables ebtables.c list_rules(); net/ipv4/tcp_ipv4.c, arp.c
iproute2 tc/tc_qdisc.c print_qdisc(), ip/xfrm_policy.c, ip/ipxfrm.c
"""

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip import conntrack_text
from hairpin.netfilter import ipset
from hairpin.netfilter.ebtables import save as ebtables_save
from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_CONNECTION = Sought(
    r"\s*(?:ipv[46]\s+\d+\s+)?(?:tcp|udp|icmp|icmpv6|sctp|dccp|gre|unknown|udplite)\s+\d+\s+"
    r"(?:\d+\s+)?(?:[A-Z][A-Z_0-9]+\s+)?(?:\[UNREPLIED\] )?src=\S+ dst="
)
_SHOWN = Sought(r"\s*conntrack v[\d.]+ \(conntrack-tools\): \d+ flow entries")
_CREATE = Sought(r"\s*create \S+ (?:hash|bitmap|list):[\w,]+(?:\s|$)")
_SAVED = Sought(r"\s*(?:create \S+ (?:hash|bitmap|list):|add \S+ \S)")
_NAME = Sought(r"\s*Name: (?P<name>\S+)\s*$")
_SET_LINE = Sought(
    r"\s*(?P<key>Type|Revision|Header|Size in memory|References|Number of entries|Members):\s*(?P<value>.*)$"
)
_MEMBER = Sought(
    r"\s*(?:[0-9a-fA-F.:]+(?:/\d+)?|[\w.@-]+(?=\s*$))(?:[-,][\w.:,/-]+)?"
    r"(?: (?:timeout \d+|nomatch|packets \d+|bytes \d+|comment \".*\"|skb\w+ \S+))*\s*$"
)
_BRIDGE_TABLE = Sought(r"\s*Bridge table: (?P<table>filter|nat|broute)\s*$")
_BRIDGE_CHAIN = Sought(
    r"\s*Bridge chain: (?P<name>\S+), entries: (?P<count>\d+), policy: (?P<policy>ACCEPT|DROP|RETURN)\s*$"
)
_BRIDGE_RULE = Sought(r"\s*(?:\d+\. )?(?P<rule>(?:! )?-{1,2}[A-Za-z].*?)(?:\s*, pcnt = \d+ -- bcnt = \d+)?\s*$")
_PROC_HEAD = Sought(r"\s*sl\s+local_address\s+(?P<peer>rem(?:ote)?_address)\s+st\s+tx_queue rx_queue")
_PROC_ROW = Sought(r"\s*\d+: (?P<local>[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} [0-9A-F]{2} ")
_ARP_HEAD = Sought(r"\s*IP address\s+HW type\s+Flags\s+HW address\s+Mask\s+Device\s*$")
_ARP_ROW = Sought(
    r"\s*(?P<address>\d+\.\d+\.\d+\.\d+)\s+0x\d+\s+(?P<flags>0x\d+)\s+"
    r"(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+\S+\s+(?P<link>\S+)\s*$"
)
_IPV6_DIGITS = 32
_COMPLETE, _PERMANENT = 2, 4


def _connections(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _CONNECTION.match(line) or _SHOWN.match(line))
    lines = [line.strip() for line in paste.lines[start:end] if _CONNECTION.match(line)]
    kept = [line for line in lines if _is_connection(line)]
    netns = paste.command_above(start).netns
    return Found(end, "conntrack -L", (Fragment("conntrack", joined_lines(kept), netns),) if kept else ())


def _is_connection(line: str) -> bool:
    try:
        return bool(conntrack_text.parse(text_reading(line, "conntrack -L")))
    except ParseError:
        return False


def _saved_sets(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _SAVED.match)
    lines = [line.strip() for line in paste.lines[start:end]]
    return Found(end, "ipset save", _sets(lines, paste.command_above(start).netns))


def _listed_sets(paste: Paste, start: int) -> Found | None:
    if start + 1 >= len(paste.lines) or not paste.lines[start + 1].strip().startswith("Type: "):
        return None
    lines: list[str] = []
    at = start
    while at < len(paste.lines) and (name := _NAME.match(paste.lines[at])) is not None:
        at, of_set = _listed_set(paste, at + 1, name["name"])
        lines += of_set
        following = at
        while following < len(paste.lines) and not paste.lines[following].strip():
            following += 1
        if following >= len(paste.lines) or following in paste.commands or not _NAME.match(paste.lines[following]):
            break
        at = following
    return Found(at, "ipset list", _sets(lines, paste.command_above(start).netns))


def _listed_set(paste: Paste, at: int, name: str) -> tuple[int, list[str]]:
    """Return the index after the set, and the set as ``ipset save`` prints it.  The set has no line if members are
    missing."""
    said: dict[str, str] = {}
    while at < len(paste.lines) and (found := _SET_LINE.match(paste.lines[at])) is not None:
        said[found["key"]] = found["value"].strip()
        at += 1
    end = paste.block(at, _MEMBER.match)
    members = [line.strip() for line in paste.lines[at:end]]
    count = said.get("Number of entries", "")
    if "Type" not in said or "Members" not in said or (count.isdigit() and int(count) != len(members)):
        return end, []
    return end, [
        f"create {name} {said['Type']} {said.get('Header', '')}".strip(),
        *(f"add {name} {each}" for each in members),
    ]


def _sets(lines: list[str], netns: str) -> tuple[Fragment, ...]:
    text = joined_lines(lines)
    try:
        return (Fragment("ipset", text, netns),) if lines and ipset.parse(text, source="ipset") else ()
    except ParseError:
        return ()


def _bridge_tables(paste: Paste, start: int) -> Found | None:
    """Return the tables of ``ebtables -L`` as ``ebtables-save`` prints them."""
    lines: list[str] = []
    rules: list[str] = []
    chain = ""
    end = start
    for at in range(start, len(paste.lines)):
        line = paste.lines[at]
        if at in paste.commands and at > start:
            break
        table, head, rule = _BRIDGE_TABLE.match(line), _BRIDGE_CHAIN.match(line), _BRIDGE_RULE.match(line)
        if table is not None:
            lines += [*rules, f"*{table['table']}"]
            rules, chain = [], ""
        elif head is not None:
            chain = head["name"]
            lines.append(f":{chain} {head['policy']}")
        elif rule is not None and chain:
            rules.append(f"-A {chain} {rule['rule']}")
        elif line.strip():
            break
        end = at + 1 if line.strip() else end
    text = joined_lines([*lines, *rules])
    try:
        ebtables_save.parse(text, source="ebtables")
    except ParseError:
        return Found(end, "ebtables -L")
    return Found(end, "ebtables -L", (Fragment("ebtables", text, paste.command_above(start).netns),))


def _proc_net(paste: Paste, start: int) -> Found | None:
    end = paste.block(start + 1, _PROC_ROW.match)
    rows = [found for line in paste.lines[start + 1 : end] if (found := _PROC_ROW.match(line)) is not None]
    if not rows:
        return Found(end, "cat /proc/net/tcp")
    protocol = "udp" if "drops" in paste.lines[start] else "tcp"
    version = "6" if len(rows[0]["local"]) == _IPV6_DIGITS else ""
    text = joined_lines([line.rstrip() for line in paste.lines[start:end]])
    part = Fragment(f"proc-net-{protocol}{version}", text, paste.command_above(start).netns)
    return Found(end, f"cat /proc/net/{protocol}{version}", (part,))


def _proc_arp(paste: Paste, start: int) -> Found | None:
    end = paste.block(start + 1, _ARP_ROW.match)
    lines: list[str] = []
    for line in paste.lines[start + 1 : end]:
        row = _ARP_ROW.match(line)
        if row is not None:
            flags = int(row["flags"], 16)
            known = "PERMANENT" if flags & _PERMANENT else "STALE" if flags & _COMPLETE else ""
            mac = f" lladdr {row['mac']} {known}" if known else " INCOMPLETE"
            lines.append(f"{row['address']} dev {row['link']}{mac}")
    netns = paste.command_above(start).netns
    return Found(end, "cat /proc/net/arp", (Fragment("ip-neigh-text", joined_lines(lines), netns),) if lines else ())


_QDISC = Sought(r"\s*qdisc \w+ [0-9a-f]+: (?:dev \S+ )?(?:root|parent|ingress|clsact)\b")
_OPTIONS = Sought(r"\s+\S")
_SELECTOR = Sought(r"src \S+ dst \S+(?: .*)?$")
_DIRECTION = Sought(r"\s+dir (?:in|out|fwd) ")


def _qdiscs(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _QDISC.match(line) or _OPTIONS.match(line))
    lines = [line.strip() if _QDISC.match(line) else line for line in paste.lines[start:end]]
    # `tc qdisc show dev LINK` leaves the link out of its lines
    if not all(" dev " in line for line in lines if line.startswith("qdisc")):
        return None
    return Found(end, "tc qdisc", (Fragment("tc-qdisc-text", joined_lines(lines), paste.command_above(start).netns),))


def _policies(paste: Paste, start: int) -> Found | None:
    if start + 1 >= len(paste.lines) or _DIRECTION.match(paste.lines[start + 1]) is None:
        return None
    end = paste.block(start, lambda line: _SELECTOR.match(line) or _OPTIONS.match(line))
    text = joined_lines([line if _SELECTOR.match(line) else f"\t{line.strip()}" for line in paste.lines[start:end]])
    return Found(end, "ip xfrm policy", (Fragment("xfrm-policy", text, paste.command_above(start).netns),))


FORMS = (
    OutputForm(_CONNECTION, _connections),
    OutputForm(_CREATE, _saved_sets),
    OutputForm(_NAME, _listed_sets),
    OutputForm(_BRIDGE_TABLE, _bridge_tables),
    OutputForm(_PROC_HEAD, _proc_net),
    OutputForm(_ARP_HEAD, _proc_arp),
    OutputForm(_QDISC, _qdiscs),
    OutputForm(_SELECTOR, _policies),
)
