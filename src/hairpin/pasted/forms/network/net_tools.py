"""The outputs of net-tools (``ifconfig``, ``route``, ``netstat -r``, ``arp``), translated into the words of iproute2.

``ifconfig`` has two layouts: before and since net-tools 2.0 (2013).  ``route`` and ``netstat -r`` print the IPv4 routes
of the table main, with ``*`` or a name in place of an address if ``-n`` was not given.  The ``ifconfig`` of other
systems prints hexadecimal netmasks.  Such an output is about no Linux host and becomes no reading.

Source: net-tools lib/interface.c ife_print_long(), lib/inet_gr.c rprint_fib(), arp.c arp_display()
"""

import re
from collections.abc import Iterator

from hairpin.errors import MalformedError
from hairpin.netfilter.address import address_text, parse_address
from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_NEW = Sought(r"\s*(?P<name>[\w.:-]{1,15}): flags=\d+<(?P<flags>[A-Z0-9_,]*)>\s+mtu (?P<mtu>\d+)")
_OLD = Sought(r"\s*(?P<name>[\w.:-]{1,15})\s+Link encap:(?P<encap>.+)$")
_OLD_FLAGS = Sought(r"\s*(?P<flags>(?:[A-Z]+ )*[A-Z]+)\s+MTU:(?P<mtu>\d+)\s+Metric:\d+")
_DETAIL = Sought(
    r"\s*(?:inet6?\b|ether |loop |unspec |tunnel |ppp |infiniband |RX |TX |device |collisions:|Interrupt:|Base address|"
    r"Memory:|\(?\d[\d.]* [KMGT]?i?B|[A-Z ]+\s+MTU:|.*prefixlen \d+)"
)
_FOREIGN = Sought(r"\s*(?:inet .*netmask 0x|options=|nd6 options|media: |status: )")
_INET = Sought(r"\s*inet (?:addr:)?(?P<address>\S+?)(?:\s|$)")
_MASK = Sought(r"(?:netmask |Mask:)(?P<mask>\S+)")
_BROADCAST = Sought(r"(?:broadcast |Bcast:)(?P<address>[\d.]+)")
_PEER = Sought(r"(?:destination |P-t-P:)(?P<address>[\d.]+)")
_INET6 = Sought(r"\s*inet6 (?:addr: ?)?(?P<address>[0-9a-fA-F:.]+)(?:/(?P<length>\d+)|\s+prefixlen (?P<length2>\d+))")
_MAC = Sought(
    r"\s*ether (?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})|.*HWaddr (?P<mac2>(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})"
)
_SCOPES = {"0x0": "global", "0x10": "host", "0x20": "link", "Global": "global", "Host": "host", "Link": "link"}

_ROUTES = Sought(r"\s*Kernel IP routing table\s*$")
_HEAD = Sought(r"\s*Destination\s+Gateway\s+(?:Genmask|Netmask)\s+Flags\s+.*Iface\s*$")
_ROW = Sought(
    r"\s*(?P<to>\S+)\s+(?P<via>\S+)\s+(?P<mask>\d[\d.]+|\*)\s+(?P<flags>[UGHRDMACIE!]+)\s+(?P<numbers>\d+\s+\d+\s+\d+|-\s+\d+\s+-)\s+(?P<link>\S+)\s*$"
)
_ROUTES6 = Sought(r"\s*Kernel IPv6 routing table\s*$")

_ARP_HEAD = Sought(r"\s*Address\s+HWtype\s+HWaddress\s+Flags Mask\s+Iface\s*$")
_ARP_ROW = Sought(
    r"\s*(?P<address>\S+)\s+(?:(?P<type>\S+)\s+(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+(?P<flags>[CMP]+)|\(incomplete\))\s+(?:\*\s+)?(?P<link>\S+)\s*$"
)
_ARP_LINE = Sought(
    r"\s*(?P<name>\S+) \((?P<address>[\d.]+)\) (?:at|auf|\u00e0) (?P<mac>(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}|<\S+>) "
    r"(?:\[\w+\] )?(?:(?P<flags>PERM|PUP|NETMASK \S+) )?on (?P<link>\S+)\s*$"
)


def _ifconfig(paste: Paste, start: int) -> Found | None:
    end = paste.block(
        start, lambda line: _NEW.match(line) or _OLD.match(line) or _DETAIL.match(line) or _FOREIGN.match(line), blank=1
    )
    lines = [line for line in paste.lines[start:end] if line.strip()]
    if any(_FOREIGN.match(line) for line in lines):
        return Found(end, "ifconfig")
    made, is_whole = _links_of(lines)
    command = paste.command_above(start)
    is_all = is_whole and not [word for word in command.words[1:] if not word.startswith("-")]
    return Found(
        end, "ifconfig", (Fragment("ip-addr-text" if is_all else "ip-link-text", joined_lines(made), command.netns),)
    )


def _links_of(lines: list[str]) -> tuple[list[str], bool]:
    """Return the links as ``ip addr`` prints them, and whether all addresses can be read. ifconfig shows no indexes, so
    the links are numbered in their order."""
    heads: dict[str, tuple[str, str]] = {}
    details: dict[str, list[str]] = {}
    is_whole = True
    name = label = ""
    for line in lines:
        head = _NEW.match(line) or _OLD.match(line)
        if head is not None:
            label = head["name"].rstrip(":")
            name = label.partition(":")[0]
            groups = head.groupdict()
            heads.setdefault(name, (groups.get("flags") or "", groups.get("mtu") or "1500"))
            details.setdefault(name, [])
        if not name:
            continue
        flags = _OLD_FLAGS.match(line)
        if flags is not None and name == label:
            heads[name] = (flags["flags"].replace(" ", ","), flags["mtu"])
        mac = _MAC.match(line)
        if mac is not None and not any(each.startswith("    link/") for each in details[name]):
            details[name].append(f"    link/ether {(mac['mac'] or mac['mac2']).lower()}")
        if line.split()[0] == "inet":
            address = _inet(line, label)
            is_whole = is_whole and address is not None
            details[name] += [address] if address is not None else []
        found = _INET6.match(line)
        if found is not None:
            scope = re.search(r"<(\w+)|[sS]cope:(\w+)|scopeid (0x\w+)", line)
            told = next(filter(None, scope.groups()), "") if scope is not None else "global"
            details[name].append(
                f"    inet6 {found['address']}/{found['length'] or found['length2']} scope {_SCOPES.get(told, told)}"
            )
    made: list[str] = []
    for index, (link, (flags_text, mtu)) in enumerate(heads.items(), 1):
        names = flags_text.split(",") if flags_text else []
        carrier = ["LOWER_UP"] if "RUNNING" in names else ["NO-CARRIER"] if "UP" in names else []
        shown = ",".join([*(each for each in names if each not in ("RUNNING", "DYNAMIC", "ALLMULTI")), *carrier])
        made.append(f"{index}: {link}: <{shown}> mtu {mtu}")
        loops = "LOOPBACK" in names and not any("link/" in each for each in details[link])
        made += ["    link/loopback 00:00:00:00:00:00"] if loops else []
        made += details[link]
    return made, is_whole


def _inet(line: str, label: str) -> str | None:
    found, mask = _INET.match(line), _MASK.search(line)
    try:
        assert found is not None
        _, value = parse_address(found["address"])
        length = 32 if mask is None else parse_address(mask["mask"])[1].bit_count()
    except (MalformedError, ValueError, AssertionError):
        return None
    broadcast, peer = _BROADCAST.search(line), _PEER.search(line)
    address = address_text(value, 4)
    scope = "host" if address.startswith("127.") else "global"
    written = f"{address} peer {peer['address']}/{length}" if peer is not None else f"{address}/{length}"
    shown = f" brd {broadcast['address']}" if broadcast is not None and broadcast["address"] != "0.0.0.0" else ""
    secondary = " secondary" if ":" in label else ""
    return f"    inet {written}{shown} scope {scope}{secondary} {label}"


def _routes(paste: Paste, start: int) -> Found | None:
    """Return the routes as ``ip route`` prints them."""
    first = start + 1 if _ROUTES.match(paste.lines[start]) else start
    if first >= len(paste.lines) or not _HEAD.match(paste.lines[first]):
        return None
    end = paste.block(first + 1, _ROW.match)
    rows = [found for line in paste.lines[first + 1 : end] if (found := _ROW.match(line)) is not None]
    command = paste.command_above(start)
    told = "netstat -rn" if command.words[:1] == ("netstat",) else "route -n"
    by_netstat = "MSS" in paste.lines[first] or "irtt" in paste.lines[first]
    lines = [_route(row, has_metric=not by_netstat) for row in rows]
    if not all(lines):
        return Found(end, told)  # a name or a masked address stands in place of an address
    return Found(
        end, told, (Fragment("ip-route4-text", joined_lines([each for each in lines if each]), command.netns),)
    )


def _route(row: re.Match[str], *, has_metric: bool) -> str | None:
    try:
        to = "0.0.0.0" if row["to"] == "default" else row["to"]
        mask = "0.0.0.0" if row["mask"] == "*" else row["mask"]
        length = parse_address(mask)[1].bit_count()
        destination = f"{address_text(parse_address(to)[1], 4)}/{length}" if length else "default"
        via = "" if row["via"] in ("0.0.0.0", "*", "-") else address_text(parse_address(row["via"])[1], 4)
    except (MalformedError, ValueError):
        return None
    if "!" in row["flags"] or row["link"] == "*":
        return f"{'unreachable' if '!' in row['flags'] else 'blackhole'} {destination}"
    metric = row["numbers"].split()[0] if has_metric else "0"
    scope = "" if via else " scope link"
    words = f"{destination}{f' via {via}' if via else ''} dev {row['link']}{scope}"
    return words if metric in ("0", "-") else f"{words} metric {metric}"


def _routes6(paste: Paste, start: int) -> Found | None:
    end = paste.block(start + 1, lambda line: re.match(r"\s*(?:Destination|\[?[0-9a-fA-F:]+/\d+|default\s)", line))
    return Found(end, "route -6 -n")  # it mixes the tables main and local


def _arp(paste: Paste, start: int) -> Found | None:
    head = _ARP_HEAD.match(paste.lines[start])
    pattern = _ARP_ROW if head is not None else _ARP_LINE
    end = paste.block(start + (head is not None), pattern.match)
    rows = [found for line in paste.lines[start:end] if (found := pattern.match(line)) is not None]
    lines = list(_neighbours(rows))
    return Found(
        end,
        "arp -n",
        (Fragment("ip-neigh-text", joined_lines(lines), paste.command_above(start).netns),) if lines else (),
    )


def _neighbours(rows: list[re.Match[str]]) -> Iterator[str]:
    for row in rows:
        try:
            address = address_text(parse_address(row["address"])[1], 4)
        except (MalformedError, ValueError):
            continue  # a name
        mac = row["mac"]
        if not mac or mac.startswith("<"):
            yield f"{address} dev {row['link']} INCOMPLETE"
            continue
        full = ":".join(each.zfill(2) for each in mac.split(":"))
        flags = row["flags"] or ""
        yield f"{address} dev {row['link']} lladdr {full} {'PERMANENT' if 'M' in flags else 'STALE'}"


FORMS = (
    OutputForm(_NEW, _ifconfig),
    OutputForm(_OLD, _ifconfig),
    OutputForm(_ROUTES, _routes),
    OutputForm(_HEAD, _routes),
    OutputForm(_ROUTES6, _routes6),
    OutputForm(_ARP_HEAD, _arp),
    OutputForm(_ARP_LINE, _arp),
)
