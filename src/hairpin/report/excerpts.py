"""Finds the entries of a reading on which an answer is based, and returns them verbatim.

An entry is an element of the array that ``ip -j`` or ``bridge -j`` prints, or a line of text with the indented lines
below it.
"""

import itertools
import json
import re
from collections.abc import Iterable
from typing import cast

import msgspec

from hairpin.evidence.reading import Reading, spelt
from hairpin.host.read.json_text import mended

_LINK = (
    "ifname", "mtu", "master", "operstate", "address", "linkinfo.info_kind", "linkinfo.info_data.id",
    "linkinfo.info_data.local", "linkinfo.info_data.remote", "linkinfo.info_data.link", "linkinfo.info_data.port",
    "linkinfo.info_data.df", "linkinfo.info_slave_data.state", "linkinfo.info_slave_data.hairpin",
    "linkinfo.info_slave_data.isolated",
)  # fmt: skip
"""The fields of a link on which answers depend.  All fields of a link together would be too long for an excerpt."""


_UNIT = (
    "Id=", "ActiveState=", "SubState=", "UnitFileState=", "FragmentPath=", "DropInPaths=", "IPAddressAllow=",
    "IPAddressDeny=",
)  # fmt: skip
"""The lines of ``systemctl show`` on which answers depend."""


def entries(reading: Reading) -> tuple[str, ...]:
    """Return the entries of a reading, verbatim."""
    try:
        text = mended(spelt(reading.text))
        return tuple(bytes(each).decode() for each in msgspec.json.decode(text, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeError):
        return tuple(re.findall(r"^\S.*(?:\n[ \t].*)*", reading.text, re.MULTILINE))


def entry(reading: Reading, number: int) -> str:
    """Return the entry with this number: an element of a JSON array, or a line of text with the indented lines below
    it.

    The result is empty if the reading has no entry with this number."""
    if number < 1:
        return ""
    if reading.text.lstrip().startswith("["):
        return "".join(entries(reading)[number - 1 : number])
    lines = reading.text.split("\n")[number - 1 :]
    return "\n".join((*lines[:1], *itertools.takewhile(lambda line: line[:1] in (" ", "\t"), lines[1:])))


_SOCKET = re.compile(
    r"(?P<columns>\S+\s+\S+\s+(?P<waiting>\d+)\s+\d+\s+\S+:(?P<port>\S+)\s+\S+)(?P<details>.*)", re.DOTALL
)
"""An entry of ``ss -t -u``: protocol, state, the bytes or connections that wait, the limit, the socket's and the peer's
address; then details.  Source: ss(8)"""


def socket(text: str) -> str:
    """Return the part of a socket's entry on which answers depend: its columns, its process, and its queue's memory if
    something waits there."""
    found = _SOCKET.fullmatch(text)
    if found is None:
        return text
    kept = ("users:", "v6only:1", *(("skmem:",) if int(found["waiting"]) else ()))
    return " ".join((*found["columns"].split(), *(each for each in found["details"].split() if each.startswith(kept))))


def sockets_at(reading: Reading, port: str) -> str:
    """Return the sockets of the reading that have the port, each on a line; empty if none has it."""
    found = ((each, _SOCKET.fullmatch(each)) for each in entries(reading))
    return "\n".join(socket(each) for each, match in found if match is not None and match["port"] == port)


def link(reading: Reading, name: str) -> str:
    """Return the part of the link's entry on which answers depend; empty if the reading does not have the link."""
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


def unit(reading: Reading, name: str) -> str:
    """Return the lines of ``systemctl show`` on which answers about the unit depend; empty if the reading does not have
    the unit."""
    blocks = (each.splitlines() for each in reading.text.replace("\r", "").split("\n\n"))
    found = next((each for each in blocks if f"Id={name}" in each), ())
    return "\n".join(each for each in found if each.startswith(_UNIT) and not each.endswith("="))


def picked(document: object, paths: tuple[str, ...]) -> dict[str, object]:
    """Return the wanted fields of a JSON document that have a value.

    In the result, the key of the field ``State.Status`` is ``Status``."""
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
    """Return the line of iptables-save's text that declares a chain with its policy; empty if the text does not declare
    the chain."""
    declared = declarations(text, (table,)).splitlines()
    return next((each for each in declared if each.startswith(f":{chain} ")), "")


def declarations(text: str, tables: tuple[str, ...]) -> str:
    """Return the lines of iptables-save's text that begin a table (``*nat``) and declare its chains; empty if the text
    does not have the table.

    In a report, the declarations of the present chains show which chains are missing."""
    wanted = [f"*{table}" for table in tables]
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("*"):
            inside = line.strip() in wanted
        if inside and line.startswith(("*", ":")):
            kept.append(line)
    return "\n".join(kept)


def filled(text: str, chains: Iterable[tuple[str, str]]) -> str:
    """Return the lines of iptables-save's text for the given chains (table, name) that have rules, each chain with its
    policy.  In a report about lost rules, these lines show the remaining rules."""
    kept: dict[tuple[str, str], list[str]] = {each: [] for each in chains}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        named = re.match(r"(?:\[\d+:\d+\] )?(?::|-A )(\S+)", line)
        if named is not None and (table, named[1]) in kept:
            kept[table, named[1]].append(line)
    return "\n".join(line for lines in kept.values() if len(lines) > 1 for line in lines)
