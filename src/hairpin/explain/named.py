"""Finds ports, addresses, containers, links and chains in a text, by the forms of their names."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.errors import UsageError
from hairpin.host.link import ENGINE_BRIDGE
from hairpin.network.prefix import address_text, parse_address
from hairpin.question.asked import Target
from hairpin.question.target import parse_target

NamedKind = Literal["port", "address", "container", "host", "link", "chain", "table", "module", "path", "word"]
_V4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_V6 = r"\[[0-9a-fA-F:.]+(?:%\w+)?\]"
_LINK = re.compile(rf"(?<![\w.-])(veth[0-9a-f]{{4,12}}|{ENGINE_BRIDGE})(?![\w-])")
_CHAIN = re.compile(r"(?:^|\s)-[AIDCFNXPZE] ([\w-]+)")
_TABLE = re.compile(r"(?:^|\s)-t (\w+)")
_ENDPOINT = re.compile(r"(?<!\S)endpoint ([\w.-]+) \([0-9a-f]{12,64}\)")
_PLACE = re.compile(rf"(?<![\w.:>-])({_V4}|{_V6}|localhost):(\d{{1,5}})(?!\d|\.\d|->|:\d)(?:/(tcp|udp))?")
_DESTINATION = re.compile(rf"(?:->|→)\s*({_V4}|{_V6}):(\d{{1,5}})")
_SPLIT = re.compile(
    rf"(?<![\w.])({_V4}|localhost|[0-9a-fA-F]*::[0-9a-fA-F:]*)[\"')]{{0,2}},? (?:\(\S*\),? )?"
    r"port(?:: ?|[= ])(\d{1,5})\b"
)
_QUOTED = re.compile(r"[\"']([A-Za-z](?:[\w-]*\w)?(?:\.[\w-]+)*)[\"'],? port(?:: ?|[= ])(\d{1,5})\b")
_ANY_PORT = re.compile(r"(?:(?:^|[\s(\[{'\":])(?:port[= ]|port: ?|--dport |dpt:|DPT=))(\d{1,5})\b(?!\()", re.IGNORECASE)
_BARE = re.compile(r"(?:(?<=\s)|^):::?(\d{2,5})\b|\[::\]:(\d{1,5})\b")
_LOGGED = re.compile(rf"\bDST=({_V4}|[0-9a-fA-F:]+)\b.*?\bPROTO=(TCP|UDP)\b.*?\bDPT=(\d+)")
_OF_RULE = re.compile(r"--dport (\d{1,5})\b")
_URL = re.compile(r"\b(?:https?|tcp|udp|redis|postgres(?:ql)?|mysql|mongodb)://[\w.\[\]:-]+")
_UDP = re.compile(r"\budp[46]?\b", re.IGNORECASE)
ENOUGH = 8
"""The greatest number of things that are kept for one text."""


class Named(msgspec.Struct, frozen=True):
    """One thing that a text names."""

    kind: NamedKind
    value: str


def things_in(text: str, places: tuple[tuple[str, str], ...] = ()) -> tuple[Named, ...]:
    """Return the things that the text names, without repetitions.  ``places``: the parts of the text that the entry's
    pattern has extracted."""
    found = dict.fromkeys(_known(places))
    found.update(dict.fromkeys(Named("container", each) for each in _ENDPOINT.findall(text)))
    found.update(dict.fromkeys(Named("link", each) for each in _LINK.findall(text)))
    found.update(dict.fromkeys(Named("chain", each) for each in _CHAIN.findall(text)))
    found.update(dict.fromkeys(Named("table", each) for each in _TABLE.findall(text)))
    for target in targets_in(text):
        found.update(dict.fromkeys(_parts(target)))
    return tuple(found)[:ENOUGH]


def _known(places: tuple[tuple[str, str], ...]) -> Iterator[Named]:
    for name, value in places:
        match name:
            case "port" | "address" | "container" | "host" | "link" | "chain" | "table" | "module" | "path":
                yield Named(name, value.strip("[]") if name == "address" else value)
            case _:
                pass


def targets_in(text: str, places: tuple[tuple[str, str], ...] = ()) -> tuple[str, ...]:
    """Return the targets in the text as arguments of ``hairpin check``: ``8080``, ``10.0.0.5:53/udp``."""
    found: dict[str, None] = {}
    known = dict(places)
    if "port" in known:
        address = known.get("address", known.get("host", ""))
        found[_target(address, known["port"], _protocol(text))] = None
    for logged in _LOGGED.finditer(text):
        found[_target(logged[1], logged[3], logged[2].lower())] = None
    for port in _OF_RULE.findall(text):
        found[_target("", port, _protocol(text))] = None
    if not found:
        forms = (_DESTINATION, _PLACE, _SPLIT, _QUOTED)
        for each in (one for form in forms for one in form.finditer(text)):
            protocol = each[3] if each.re.groups > 2 and each[3] else _protocol(text)
            found[_target(each[1], each[2], protocol)] = None
    if not found:
        for url in _URL.findall(text):
            found[url] = None
    if not found:
        for each in (*_ANY_PORT.finditer(text), *_BARE.finditer(text)):
            found[_target("", next(filter(None, each.groups())), _protocol(text))] = None
    return tuple(each for each in found if _is_target(each))[:ENOUGH]


def _protocol(text: str) -> str:
    return "udp" if _UDP.search(text) else ""


def _target(address: str, port: str, protocol: str) -> str:
    bare = address.strip("[]").partition("%")[0]
    try:
        version, value = parse_address(bare)
    except ValueError:
        version, value = 4, 1
    where = (f"[{bare}]:" if version == 6 else f"{bare}:") if bare and value else ""
    return f"{where}{port}{'/udp' if protocol == 'udp' else ''}"


def _is_target(text: str) -> bool:
    try:
        parse_target(text)
    except UsageError:
        return False
    return True


def _parts(target: str) -> Iterator[Named]:
    """Yield the address or the name, and the port, of a target."""
    meant = parse_target(target)
    if meant.address is not None and meant.version is not None:
        yield Named("address", address_text(meant.address, meant.version))
    elif meant.container is not None:
        yield Named("host", meant.container)
    if meant.port is not None:
        yield Named("port", str(meant.port))


def question_about(target: str, start: str = "") -> str:
    """Return the command that asks about a target.

    ``start``: the value of ``--from``, or an empty text for all usual clients."""
    return f"hairpin check {target} --from {start}" if start else f"hairpin check {target}"


def parsed_targets(texts: tuple[str, ...]) -> tuple[Target, ...]:
    """Return the targets, parsed from the arguments of ``hairpin check``.

    The targets' names are kept, because a text contains names."""
    return tuple(msgspec.structs.replace(parse_target(each), by_name=True) for each in texts)
