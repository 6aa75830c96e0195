"""``ip addr``, ``ip link``, ``ip route``, ``ip rule`` and ``ip neigh`` of iproute2 and busybox, and ``ip -br``.

A listing of links that lacks addresses (``ip link``, or an address that a person masked) has the key ``ip-link-text``:
addresses that it does not show are not known.  If one line of a listing of routes cannot be read, the whole listing is
not used, because this line may be the route that decides.
"""

import itertools
import re
from collections.abc import Iterator

from hairpin.errors import MalformedError
from hairpin.host.read.ip.address_text import interface_address, network
from hairpin.netfilter.address import parse_address
from hairpin.pasted.form import Command, Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_LINK = Sought(r"\s*\d+: [^\s:@]+(?:@[^\s:]+)?: <[A-Z0-9_,-]*> mtu \d+")
_WRAPPED = Sought(r"\s*(?:qdisc|noqueue|state|mode|group|default|qlen|master|link-netnsid|\d+$|UP|DOWN|UNKNOWN)\b")
"""Matches the beginning of a line that continues the first line of a link.  A terminal or a mail has broken the first
line."""
_DETAIL = Sought(
    r"(?:inet6?|valid_lft|altname|alias|RX:?|TX:?|link/\w+|prog/xdp|vf \d|\d+ +\d+ +\d+|promiscuity \d+|(?:bridge"
    r"|bridge_slave|veth|vlan|vxlan|macvlan|ipvlan|macvtap|tun|bond|bond_slave|dummy|wireguard|ipip|sit|gre|vrf"
    r"|vrf_slave|openvswitch_slave|geneve|ifb|netkit)(?: [a-z_]+ \S+|\s*$))(?:\s|$)"
)
_TYPES = "unicast|local|broadcast|multicast|anycast|blackhole|unreachable|prohibit|throw|nat"
_ROUTE = Sought(
    rf"\s*(?:(?:(?:{_TYPES}) )?(?:default|"
    r"[\dxX*]{1,3}(?:\.[\dxX*]{1,3}){1,3}(?:/\d+)?"
    r"|(?!(?:[0-9a-f]{2}:){5}[0-9a-f]{2} )[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\d+)?) (?:nhid|via|dev|proto|scope|metric"
    r"|table|src|encap)\b|nexthop (?:via|dev) |(?:blackhole|unreachable|prohibit) [\d.:a-f]+(?:/\d+)?(?:\s|$))"
)
_GOT = Sought(r"\s*cache\b|.* uid \d+\s*$")
_RULE = Sought(r"\s*\d+:\s+(?:not )?from \S+(?: \S+)* ?(?:lookup|goto|blackhole|unreachable|prohibit|nop|table)\b")
_NEIGHBOUR = Sought(
    r"\s*[0-9a-fA-F.:]+ dev \S+ (?:lladdr \S+ |ref \d+ |used \S+ |probes \d+ )*(?:(?:router|proxy|extern_learn"
    r"|managed) )*(?:REACHABLE|STALE|DELAY|PROBE|PERMANENT|NOARP|INCOMPLETE|FAILED|NONE)\b"
)
_BRIEF = Sought(
    r"\s*(?P<name>[\w.-]{1,15})(?:@(?P<peer>[\w.-]+))?\s+"
    r"(?P<state>UNKNOWN|UP|DOWN|LOWERLAYERDOWN|DORMANT|NOTPRESENT|TESTING)(?:\s+(?P<rest>\S.*))?$"
)
_MAC = Sought(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$")


def _links(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _LINK.match(line) or _is_detail(line) or _is_wrapped(line), blank=1)
    lines = [line for line in paste.lines[start:end] if line.strip()]
    command = paste.command_above(start)
    indent = len(lines[0]) - len(lines[0].lstrip())
    mended: list[str] = []
    is_whole = True
    for line in lines:
        bare = line[indent:] if line[:indent].isspace() or not indent else line
        if _LINK.match(line):
            mended.append(bare.strip())
        elif _is_wrapped(line):
            mended[-1] += f" {bare.strip()}"
        elif bare.strip().startswith("link/") and not all(map(_MAC.match, bare.lower().split()[1:2])):
            mended.append(f"    {bare.split()[0]}")
        elif bare.split()[0] in ("inet", "inet6") and not _is_address(bare.split()[1:2]):
            is_whole = False  # a person has masked the address
        else:
            mended.append(f"    {bare.strip()}")
    has_addresses = any(line.split()[0] in ("inet", "inet6") for line in mended)
    is_addr = has_addresses or (len(command.words) > 1 and any(_is_addr(word) for word in command.words[1:3]))
    key = "ip-addr-text" if is_addr and is_whole and not _is_filtered(command) else "ip-link-text"
    return Found(end, "ip addr" if is_addr else "ip link", (Fragment(key, joined_lines(mended), command.netns),))


def _is_wrapped(line: str) -> bool:
    return _WRAPPED.match(line) is not None and _ROUTE.match(line) is None


def _is_addr(word: str) -> bool:
    return re.fullmatch(r"a(?:d|dd|ddr|ddre|ddress)?", word) is not None


def _is_filtered(command: Command) -> bool:
    """Return whether the command shows only some of the addresses, as ``ip -4 addr`` and ``… scope global`` do."""
    return "-4" in command.words or "-6" in command.words or "scope" in command.words or "grep" in command.text


def _is_address(words: list[str]) -> bool:
    try:
        return bool(words) and interface_address(words[0])[2] >= 0
    except (MalformedError, ValueError):
        return False


def _is_detail(line: str) -> bool:
    return line[:1].isspace() or _DETAIL.match(line) is not None


def _brief(paste: Paste, start: int) -> Found | None:
    """Return what ``ip -br addr`` or ``ip -br link`` prints.  These commands show neither indices nor MTUs."""
    end = paste.block(start, _BRIEF.match)
    rows = [found for line in paste.lines[start:end] if (found := _BRIEF.match(line)) is not None]
    command = paste.command_above(start)
    asked = "ip" in command.words[:1] and command.has("-br", "-brief", "--brief")
    if not asked and (len(rows) < 2 or not any(row["name"] == "lo" for row in rows)):
        return None
    lines: list[str] = []
    is_whole = True
    for index, row in enumerate(rows, 1):
        words = (row["rest"] or "").split()
        if words and _MAC.match(words[0]):
            is_whole = False
            flags = words[1].strip("<>") if words[1:] else _flags(row["state"])
            head, addresses = f"    link/{'loopback' if row['name'] == 'lo' else 'ether'} {words[0]}", []
        else:
            flags, head, addresses = (
                _flags(row["state"], row["name"]),
                "",
                [word for word in words if _is_address([word])],
            )
            is_whole = is_whole and len(addresses) == sum("/" in word for word in words)
        peer = f"@{row['peer']}" if row["peer"] else ""
        lines.append(f"{index}: {row['name']}{peer}: <{flags}> mtu {65536 if row['name'] == 'lo' else 1500}")
        lines += [head] if head else []
        lines += [
            f"    inet{'6' if ':' in each else ''} {each} scope {_scope(each)} {row['name']}" for each in addresses
        ]
    key = "ip-addr-text" if is_whole else "ip-link-text"
    return Found(end, f"ip -br {'addr' if is_whole else 'link'}", (Fragment(key, joined_lines(lines), command.netns),))


def _flags(state: str, name: str = "") -> str:
    if name == "lo":
        return "LOOPBACK,UP,LOWER_UP"
    return "BROADCAST,MULTICAST,UP,LOWER_UP" if state in ("UP", "UNKNOWN") else "NO-CARRIER,BROADCAST,MULTICAST,UP"


def _scope(address: str) -> str:
    lowered = address.lower()
    return (
        "host"
        if lowered.startswith(("127.", "::1/"))
        else "link"
        if lowered.startswith(("fe80:", "169.254."))
        else "global"
    )


def _routes(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _ROUTE.match(line) or _GOT.match(line))
    raw = [line for line in paste.lines[start:end] if line.strip()]
    command = paste.command_above(start)
    if "get" in command.words or any(_GOT.match(line) for line in raw):
        return Found(end, "ip route get")
    lines = [line.strip() for line in raw]
    if not command.words and len(lines) == 1 and " dev " not in lines[0]:
        return None
    by_version = _by_version(lines, command)
    told = "ip -6 route" if by_version.keys() == {6} else "ip route"
    if _names_routes(command):
        return Found(end, told)
    found = (_part_of_routes(version, own, command) for version, own in by_version.items())
    return Found(end, told, tuple(each for each in found if each is not None))


def _by_version(lines: list[str], command: Command) -> dict[int, list[str]]:
    """Return the routes by IP version.  ``ip route show table all`` lists the routes of both versions.  The lines of
    next hops follow their route."""
    if command.has("-6") or command.has("-4"):
        return {6 if command.has("-6") else 4: lines}
    found: dict[int, list[str]] = {}
    version = 4
    for line in lines:
        if not line.startswith("nexthop"):
            version = 6 if _is_of_ipv6(line) else 4
        found.setdefault(version, []).append(line)
    return found


def _part_of_routes(version: int, lines: list[str], command: Command) -> Fragment | None:
    """Return the routes of a version; None if one of them cannot be read."""
    if not all(_is_route(line, v6=version == 6) for line in lines):
        return None
    table = next((after for word, after in itertools.pairwise(command.words) if word == "table"), "")
    if table and table not in ("all", "main"):
        lines = [line if " table " in line or line.startswith("nexthop") else f"{line} table {table}" for line in lines]
    mended = ["\t" + line if line.startswith("nexthop") else line for line in lines]
    return Fragment(f"ip-route{version}-text", joined_lines(mended), command.netns)


def _names_routes(command: Command) -> bool:
    """Return whether the command shows only some routes of a table, as ``ip route show dev eth0`` and ``ip route | grep
    …`` do."""
    asked = {"dev", "to", "via", "proto", "scope", "root", "match", "exact", "type", "default", "cache"}
    return "grep" in command.text or not asked.isdisjoint(command.words)


def _is_of_ipv6(line: str) -> bool:
    words = [word for word in line.split() if word not in _TYPES.split("|")]
    # Only a route of IPv6 has a preference of routers.
    return bool(words) and (
        ":" in words[0] or (words[0] == "default" and (":" in "".join(words[2:3]) or "pref" in words))
    )


def _is_route(line: str, *, v6: bool) -> bool:
    """Return whether the line's destination and next hop are addresses.  If a person has masked one, it is no
    address."""
    words = [word for word in line.split() if word not in _TYPES.split("|")]
    try:
        if words[0] != "nexthop":
            network(words[0], 6 if v6 else 4)
        for before, word in itertools.pairwise(words):
            if before in ("via", "src") and word not in ("inet", "inet6"):
                parse_address(word)
    except (MalformedError, ValueError, IndexError):
        return False
    return True


def _rules(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _RULE.match)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip()]
    command = paste.command_above(start)
    v6 = command.has("-6") or any(_is_of_ipv6(line.partition("from ")[2]) for line in lines)
    key = f"ip-rule{6 if v6 else 4}-text"
    # A listing of rules always has the kernel's own rule about the table local, unless it was deleted.
    return Found(end, "ip -6 rule" if v6 else "ip rule", (Fragment(key, joined_lines(lines), command.netns),))


def _neighbours(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _NEIGHBOUR.match)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip() and _is_neighbour(line)]
    return Found(end, "ip neigh", (Fragment("ip-neigh-text", joined_lines(lines), paste.command_above(start).netns),))


def _is_neighbour(line: str) -> bool:
    try:
        parse_address(line.split(maxsplit=1)[0])
    except (MalformedError, ValueError):
        return False
    macs: Iterator[str] = (
        after for word, after in zip(line.split(), line.split()[1:], strict=False) if word == "lladdr"
    )
    return all(_MAC.match(each.lower()) for each in macs)


FORMS = (
    OutputForm(_LINK, _links),
    OutputForm(_RULE, _rules),
    OutputForm(_NEIGHBOUR, _neighbours),
    OutputForm(_ROUTE, _routes),
    OutputForm(_BRIEF, _brief),
)
