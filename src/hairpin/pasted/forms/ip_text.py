"""``ip addr``, ``ip link``, ``ip route``, ``ip rule`` and ``ip neigh`` of iproute2 and busybox."""

import re

from hairpin.pasted.form import Form, Found, Part, Paste, joined_lines

_LINK = re.compile(r"\s*\d+: [^\s:@]+(?:@[^\s:]+)?: <[A-Z0-9_,]*>")
_LINK_DETAIL = re.compile(r"\s+\S")
_ROUTE = re.compile(
    r"\s*(?:(?:default|(?:unicast|local|broadcast|multicast|blackhole|unreachable|prohibit|throw|anycast) \S+|[0-9a-fA-F.:]+(?:/\d+)?) (?:nhid \d+ )?(?:via|dev|proto|scope|metric|table)\b"
    r"|nexthop via |(?:blackhole|unreachable|prohibit) )"
)
_RULE = re.compile(r"\s*\d+:\s+(?:not )?from \S+")
_NEIGHBOUR = re.compile(r"\s*[0-9a-fA-F.:]+ dev \S+ (?:lladdr \S+ |proxy |router |extern_learn )*(?:REACHABLE|STALE|DELAY|PROBE|PERMANENT|NOARP|INCOMPLETE|FAILED|NONE)\b")


def _links(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _LINK.match(line) or _is_detail(line), blank=1)
    lines = [line for line in paste.lines[start:end] if line.strip()]
    command = paste.command_above(start)
    indent = len(lines[0]) - len(lines[0].lstrip())
    mended = [line[indent:] if line[:indent].isspace() or not indent else line for line in lines]
    has_addresses = any(line.split()[0] in ("inet", "inet6") for line in mended)
    is_addr = has_addresses or (len(command.words) > 1 and command.words[1].startswith("a"))
    if not is_addr:
        return Found(end, "ip link", (Part("ip-link-text", joined_lines(mended), command.netns),))
    return Found(end, "ip addr", (Part("ip-addr-text", joined_lines(mended), command.netns),))


def _is_detail(line: str) -> bool:
    words = line.split()
    return line[:1].isspace() or words[0] in ("inet", "inet6", "valid_lft") or words[0].startswith("link/")


def _routes(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _ROUTE.match)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip()]
    command = paste.command_above(start)
    if not command.words and len(lines) == 1 and " dev " not in lines[0]:
        return None
    is_v6 = command.has("-6") if command.words else all(":" in line.split()[0] for line in lines if line.split()[0] != "default")
    is_v6 = is_v6 or (not command.words and any(":" in line.split()[0] for line in lines))
    told = "ip -6 route" if is_v6 else "ip route"
    mended = ["\t" + line if line.startswith("nexthop") else line for line in lines]
    return Found(end, told, (Part(f"ip-route{6 if is_v6 else 4}-text", joined_lines(mended), command.netns),))


def _rules(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _RULE.match)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip()]
    command = paste.command_above(start)
    is_v6 = command.has("-6")
    return Found(end, "ip -6 rule" if is_v6 else "ip rule", (Part(f"ip-rule{6 if is_v6 else 4}-text", joined_lines(lines), command.netns),))


def _neighbours(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, _NEIGHBOUR.match)
    lines = [line.strip() for line in paste.lines[start:end] if line.strip()]
    return Found(end, "ip neigh", (Part("ip-neigh-text", joined_lines(lines), paste.command_above(start).netns),))


FORMS = (Form(_LINK, _links), Form(_RULE, _rules), Form(_NEIGHBOUR, _neighbours), Form(_ROUTE, _routes))
