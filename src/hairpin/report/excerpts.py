"""Finds in a reading the entries that an answer stands on, as they were read: never what the reading does not say.

An entry is an element of ``ip -j`` and ``bridge -j``, or a line with the indented ones below it.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

import msgspec

from hairpin.errors import ParseError
from hairpin.evidence.json_text import mended
from hairpin.evidence.reading import Reading, spelt
from hairpin.host.read.ip import bridge_json, bridge_text, routes_json, routes_text, rules_json, rules_text
from hairpin.host.read.ip import sockets_text as sockets_reader
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.message import Message, message
from hairpin.netfilter.address import Version
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text
from hairpin.walk.sockets import socket_text

T = TypeVar("T")

_LINK = (
    "ifname", "mtu", "master", "operstate", "address", "linkinfo.info_kind", "linkinfo.info_data.id",
    "linkinfo.info_data.local", "linkinfo.info_data.remote", "linkinfo.info_data.link", "linkinfo.info_data.port",
    "linkinfo.info_data.df", "linkinfo.info_slave_data.state", "linkinfo.info_slave_data.hairpin",
    "linkinfo.info_slave_data.isolated",
)  # fmt: skip
"""The fields of a link that answers stand on; all fields together are far longer than an excerpt."""
_LINKS = ("link", "far_link", "underlay")
"""The places of a cause that name a link."""
_TABLE = re.compile(r" table \S+")


def holds_rules(reading: Reading) -> bool:
    """Return whether the reading is of packet filter rules."""
    return reading.key.startswith(("iptables", "nft", "ebtables"))


def entries(reading: Reading) -> tuple[str, ...]:
    """Return the entries of a reading, each as it was read."""
    try:
        text = mended(spelt(reading.text))
        return tuple(bytes(each).decode() for each in msgspec.json.decode(text, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeError):
        return tuple(re.findall(r"^\S.*(?:\n[ \t].*)*", reading.text, re.MULTILINE))


def entry(reading: Reading, number: int) -> str:
    """Return the entry of this number: of an array the element, of words the line with the indented ones below it.

    Empty if the reading has no such entry."""
    if number < 1:
        return ""
    if _is_array(reading):
        return "".join(entries(reading)[number - 1 : number])
    lines = reading.text.split("\n")[number - 1 :]
    return "\n".join((*lines[:1], *itertools.takewhile(lambda line: line[:1] in (" ", "\t"), lines[1:])))


def _is_array(reading: Reading) -> bool:
    return reading.text.lstrip().startswith("[")


def excerpt(reading: Reading, where: Mapping[str, str]) -> str:
    """Return the entries of a reading that are at these places of a cause; empty where it has none."""
    match reading.key.removesuffix("-text"):
        case "ip-route4" | "ip-route6":
            return route(reading, where.get("route", ""))
        case "ip-rule4" | "ip-rule6":
            return policy_rule(reading, where.get("rule", ""))
        case "ip-addr":
            names = dict.fromkeys(where[each] for each in _LINKS if each in where)
            return "\n".join(filter(None, (link(reading, name) for name in names)))
        case "ip-neigh":
            return neighbour(reading, where.get("link", ""), where.get("address", ""))
        case "bridge-fdb":
            return forwarding(reading, where)
        case "sockets":
            return sockets(reading, where.get("socket", ""))
        case "nft-table":  # JSON, which nobody reads as a rule
            return where.get("rule", "")
        case _:
            wanted = where.get("rule" if holds_rules(reading) else "container")
            return next((each.strip() for each in reading.text.splitlines() if wanted and wanted in each), "")


def absent(reading: Reading, where: Mapping[str, str]) -> Message | None:
    """Return which of these places of a cause a reading without an excerpt lacks, or None."""
    if "route" not in where or not reading.key.startswith("ip-route"):
        return None
    destination = _destination(where["route"])
    if destination == "default":
        return message("no default route")
    return message("no route to {destination}", destination=destination)


def route(reading: Reading, wanted: str) -> str:
    """Return the route of these words; without one the routes to the same destination."""
    version: Version = 6 if "route6" in reading.key else 4
    reader = routes_text.routes if reading.key.endswith("-text") else routes_json.routes

    def those(holds: Callable[[str], bool]) -> list[str]:
        return _those(
            reading,
            lambda text: reader(text, version=version, tables=RouteTables(), source=reading.origin),
            lambda each: holds(route_text(each)),
        )

    # No file that names tables is at hand, so the table may have another number here.
    same = those(lambda text: _TABLE.sub("", text) == _TABLE.sub("", wanted))
    return same[0] if same else "\n".join(those(lambda text: _destination(text) == _destination(wanted)))


def _destination(text: str) -> str:
    """Return ``10.0.0.0/8`` of ``blackhole 10.0.0.0/8 …``."""
    words = text.split()
    return next((each for each in words[:2] if each == "default" or each[0].isdigit() or ":" in each), text)


def policy_rule(reading: Reading, wanted: str) -> str:
    """Return the policy rule of these words."""
    version: Version = 6 if "rule6" in reading.key else 4
    reader = rules_text.rules if reading.key.endswith("-text") else rules_json.rules
    found = _those(
        reading,
        lambda text: reader(text, version=version, tables=RouteTables(), source=reading.origin),
        lambda each: each.text == wanted,
    )
    return "\n".join(found[:1])


def neighbour(reading: Reading, device: str, address: str) -> str:
    """Return the neighbour entry of an address on a link."""
    reader = routes_text.neighbours if reading.key.endswith("-text") else routes_json.neighbours
    found = _those(
        reading,
        lambda text: reader(text, source=reading.origin),
        lambda each: (each.link, address_text(each.value, each.version)) == (device, address),
    )
    return "\n".join(found[:1])


def forwarding(reading: Reading, where: Mapping[str, str]) -> str:
    """Return the forwarding entries of a link for a hardware address that lead to the ``remote`` of a cause."""
    reader = bridge_text.fdb if reading.key.endswith("-text") else bridge_json.fdb
    wanted = (where.get("link"), where.get("mac"))
    found = _those(
        reading,
        lambda text: reader(text, source=reading.origin),
        lambda each: (each.port, write_mac(each.mac)) == wanted and each.remote is not None,
    )
    remotes = where.get("remote", "").split(", ")
    return "\n".join(each for each in found if any(remote in each for remote in remotes))


def sockets(reading: Reading, said: str) -> str:
    """Return the lines of the sockets that a sentence names."""
    found = _those(
        reading,
        lambda text: sockets_reader.parse(text, source=reading.origin),
        lambda each: socket_text(each) in said,
    )
    return "\n".join(found)


def link(reading: Reading, name: str) -> str:
    """Return what counts of the link of that name."""
    for entry in entries(reading):
        if reading.key.endswith("-text"):
            if re.match(rf"\d+: {re.escape(name)}[@:]", entry):
                return entry
        elif (fields := json.loads(entry)).get("ifname") == name:
            kept = picked(fields, _LINK)
            kept["addresses"] = [f"{each['local']}/{each['prefixlen']}" for each in fields.get("addr_info", ())
                                 if "local" in each]  # fmt: skip
            return one_line(kept)
    return ""


def picked(document: object, paths: tuple[str, ...]) -> dict[str, object]:
    """Return the fields of a JSON document (``State.Status``) that have a value, each by its last name."""
    kept: dict[str, object] = {}
    for path in paths:
        found = document
        for name in path.split("."):
            found = cast("dict[str, object]", found).get(name) if isinstance(found, dict) else None
        if found not in (None, "", {}, []):
            kept[path.rpartition(".")[2]] = found
    return kept


def one_line(fields: dict[str, object]) -> str:
    """Return the fields as a line of JSON."""
    return msgspec.json.format(msgspec.json.encode(fields), indent=0).decode()


def policy(text: str, table: str, chain: str) -> str:
    """Return the line of iptables-save's text that declares a chain, which has its policy; empty where it has none."""
    declared = declarations(text, table).splitlines()
    return next((each for each in declared if each.startswith(f":{chain} ")), "")


def declarations(text: str, tables: str) -> str:
    """Return ``*nat`` and the declarations of its chains from iptables-save's text; empty if the table is not there.

    The declarations show which chains are missing."""
    wanted = [f"*{table}" for table in tables.split(", ")]
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("*"):
            inside = line.strip() in wanted
        if inside and line.startswith(("*", ":")):
            kept.append(line)
    return "\n".join(kept)


def filled(text: str, rules: str) -> str:
    """Return the chains from iptables-save's text that have rules and lack some of these (``-t nat -A OUTPUT …; …``),
    each with its policy: they show what stands where the lost rules were."""
    wanted = dict.fromkeys(re.findall(r"-t (\S+) -A (\S+)", rules))
    kept: dict[tuple[str, str], list[str]] = {each: [] for each in wanted}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        named = re.match(r"(?:\[\d+:\d+\] )?(?::|-A )(\S+)", line)
        if named is not None and (table, named[1]) in kept:
            kept[table, named[1]].append(line)
    return "\n".join(line for lines in kept.values() if len(lines) > 1 for line in lines)


def _those(reading: Reading, read: Callable[[str], Iterable[T]], holds: Callable[[T], bool]) -> list[str]:
    """Return the entries of which one that the reader makes of it holds; those that it cannot read do not."""
    as_array = _is_array(reading)
    found: list[str] = []
    for entry in entries(reading):
        try:
            if any(map(holds, read(f"[{entry}]" if as_array else entry))):
                found.append(entry)
        except ParseError:
            continue
    return found
