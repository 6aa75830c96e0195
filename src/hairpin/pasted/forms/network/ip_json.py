"""JSON of iproute2 and nft: ``ip -j``, ``bridge -j``, ``nft -j list ruleset``, on one line or with ``-p``.

The elements of an array show which command printed it.  Each table of nft becomes a reading of its own.
"""

import json
from collections.abc import Callable, Iterator

import msgspec

from hairpin.pasted.form import Command, Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.pasted.forms.engines.cut_json import end_of_document
from hairpin.pasted.values import Object, object_of, objects_of
from hairpin.sought import Sought

_BEGIN = Sought(r"\s*(?:\[\s*(?:\{\s*(?:\"(?:ifindex|dst|priority|mac|ifname|type)\".*)?)?|\{\s*(?:\"nftables\".*)?)$")
_KEY = Sought(r"[\s\[{,]*\"(?:ifindex|dst|priority|mac|ifname|type|nftables)\"")
_LONGEST = 1 << 22
_OF_ROUTES = ("dev", "nexthops", "type", "gateway")
_DECODER = json.JSONDecoder()


def _documents_at(paste: Paste, start: int) -> Found | None:
    near = paste.lines[start : start + 3]
    if not any(_KEY.match(line) for line in near):
        return None
    if not paste.may_try(start):
        return None
    last = end_of_document(paste.lines, start, paste.commands)
    text = "\n".join(paste.lines[start:last])[:_LONGEST].lstrip()
    try:
        value, length = _DECODER.raw_decode(text)
    except (json.JSONDecodeError, RecursionError):
        paste.tried.lines += last - start
        return None
    end = start + text.count("\n", 0, length) + 1
    command = paste.command_above(start)
    if whole := object_of(value):
        found = tuple(_tables(objects_of(whole.get("nftables")), command))
        return Found(end, "nft -j list ruleset", found) if found else None
    elements = [each for each in objects_of(value) if each]
    if not elements:
        return None
    for told, fits, key in _KINDS:
        if all(map(fits, elements)):
            return Found(end, told, (_part(key, elements, command),))
    return None


def _is_v6(element: Object) -> bool:
    return any(":" in str(element.get(name, "")) for name in ("dst", "gateway", "src", "prefsrc")) or "pref" in element


def _has(*names: str, without: tuple[str, ...] = ()) -> Callable[[Object], bool]:
    return lambda element: all(name in element for name in names) and not any(name in element for name in without)


_KINDS: tuple[tuple[str, Callable[[Object], bool], str], ...] = (
    ("ip -j addr", _has("ifindex", "ifname", "addr_info"), "ip-addr"),
    ("bridge -j link", _has("ifname", "state", "master", without=("link_type",)), "bridge-link"),
    ("bridge -j vlan", _has("ifname", "vlans"), "bridge-vlan"),
    ("bridge -j fdb", _has("mac", "ifname"), "bridge-fdb"),
    ("ip -j link", _has("ifindex", "ifname", "flags", "mtu"), "ip-link-text"),
    ("ip -j neigh", _has("dst", "dev", "state"), "ip-neigh"),
    ("ip -j rule", lambda each: "priority" in each and "src" in each, "ip-rule"),
    ("ip -j route", lambda each: "dst" in each and not each.keys().isdisjoint(_OF_ROUTES), "ip-route"),
)


def _part(key: str, elements: list[Object], command: Command) -> Fragment:
    if key == "ip-link-text":
        return Fragment(key, joined_lines(list(_link_lines(elements))), command.netns)
    if key in ("ip-rule", "ip-route"):
        key += "6" if command.has("-6") or any(map(_is_v6, elements)) else "4"
    return Fragment(key, msgspec.json.encode(elements).decode() + "\n", command.netns)


def _link_lines(elements: list[Object]) -> Iterator[str]:
    for each in elements:
        index = f"@if{each['link_index']}" if each.get("link_index") else ""
        peer = f"@{each['link']}" if each.get("link") else index
        master = f" master {each['master']}" if each.get("master") else ""
        state = each.get("operstate", "UNKNOWN")
        flags = ",".join(each["flags"])
        yield f"{each['ifindex']}: {each['ifname']}{peer}: <{flags}> mtu {each['mtu']}{master} state {state}"
        if each.get("link_type"):
            yield f"    link/{each['link_type']} {each.get('address', '')}".rstrip()
        kind = object_of(each.get("linkinfo")).get("info_kind")
        if kind in ("veth", "bridge"):
            yield f"    {kind}"


def _tables(objects: list[Object], command: Command) -> Iterator[Fragment]:
    by_table: dict[tuple[str, str], list[Object]] = {}
    version: list[Object] = []
    for each in objects:
        if len(each) != 1:
            continue
        ((kind, value),) = each.items()
        body = object_of(value)
        if kind == "metainfo":
            version = [each]
        elif body:
            name = str(body.get("name" if kind == "table" else "table", ""))
            by_table.setdefault((str(body.get("family", "")), name), []).append(each)
    for (family, table), those in by_table.items():
        text = msgspec.json.encode({"nftables": [*version, *those]}).decode() + "\n"
        yield Fragment("nft-table", text, command.netns, f"nft -j list table {family} {table}")


FORMS = (OutputForm(_BEGIN, _documents_at),)
