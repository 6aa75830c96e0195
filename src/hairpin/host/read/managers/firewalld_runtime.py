"""firewalld's zones at run time: from D-Bus (busctl's JSON) or from ``firewall-cmd --list-all-zones``.

    D-Bus: one object on each line, {"call": METHOD, "name": ZONE, "reply": {"type": …, "data": [VALUE]}}
    text:  ZONE [" (" STATE ")"] (NL "  " KEY ": " VALUE)*

Source: firewalld.dbus(5) getActiveZones, getDefaultZone, getZoneSettings2; firewall-cmd(1).
"""

import re
from typing import Any

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.host.managers import FirewalldZone
from hairpin.host.read.json_text import decode_documents


class RuntimeZones(msgspec.Struct, frozen=True):
    """firewalld's answers: its zones, and the name of the default zone."""

    zones: tuple[FirewalldZone, ...] = ()
    default_zone: str | None = None


class _Value(msgspec.Struct):
    data: Any = None


class _Reply(msgspec.Struct):
    data: tuple[Any, ...] = ()


class _Call(msgspec.Struct):
    call: str
    name: str = ""
    reply: _Reply = msgspec.field(default_factory=_Reply)


class _Settings(msgspec.Struct):
    """The members of getZoneSettings2; firewalld omits members that are empty."""

    target: str = "default"
    interfaces: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ports: tuple[tuple[str, str], ...] = ()
    services: tuple[str, ...] = ()
    forward: bool | None = None
    masquerade: bool = False
    rules_str: tuple[str, ...] = ()


_CALL = msgspec.json.Decoder(_Call)
_ZONE = re.compile(r"([A-Za-z0-9_./-]+)(?: \(([^)]*)\))?")
_KEY = re.compile(r"  ([a-z-]+):(?: (.*))?")


def of_bus(reading: Reading) -> RuntimeZones:
    """Return the zones in the answers; raise ParseError."""
    zones: list[FirewalldZone] = []
    default_zone: str | None = None
    for call in decode_documents(_CALL, reading.text, source=reading.origin):
        first: object = call.reply.data[0] if call.reply.data else None
        if call.call == "getDefaultZone" and isinstance(first, str):
            default_zone = first
        elif call.call == "getZoneSettings2":
            zones.append(_zone(call.name, _settings(first)))
    return RuntimeZones(tuple(zones), default_zone)


def of_words(text: str) -> RuntimeZones:
    """Return the zones in the output of ``firewall-cmd --list-all-zones``, each once: as it is listed last."""
    zones: dict[str, FirewalldZone] = {}
    default_zone: str | None = None
    for block in re.split(r"\n(?=\S)", text.strip("\n")):
        head, _, body = block.partition("\n")
        match = _ZONE.fullmatch(head.rstrip())
        if match is None:
            continue
        if "default" in (match[2] or "").split(", "):
            default_zone = match[1]
        zones[match[1]] = _of_text(match[1], body)
    return RuntimeZones(tuple(zones.values()), default_zone)


def _settings(found: object) -> _Settings:
    """Return the settings from a D-Bus dictionary (``a{sv}``); the default settings if it has an unknown form."""
    try:
        members = msgspec.convert(found, dict[str, _Value])
        return msgspec.convert({name: value.data for name, value in members.items()}, _Settings)
    except msgspec.ValidationError:
        return _Settings()


def _zone(name: str, settings: _Settings) -> FirewalldZone:
    return FirewalldZone(
        name=name,
        target=settings.target,
        interfaces=settings.interfaces,
        sources=settings.sources,
        ports=tuple(f"{port}/{protocol}" for port, protocol in settings.ports),
        services=settings.services,
        forward=settings.forward,
        masquerade=settings.masquerade,
        rich_rules=settings.rules_str,
    )


def _of_text(name: str, body: str) -> FirewalldZone:
    values: dict[str, str] = {}
    rich: list[str] = []
    for line in body.split("\n"):
        match = _KEY.fullmatch(line)
        if match is not None:
            values[match[1]] = (match[2] or "").strip()
        elif line.strip().startswith("rule "):
            rich.append(line.strip())
    return FirewalldZone(
        name=name,
        target=values.get("target", "default"),
        interfaces=tuple(values.get("interfaces", "").split()),
        sources=tuple(values.get("sources", "").split()),
        ports=tuple(values.get("ports", "").split()),
        services=tuple(values.get("services", "").split()),
        forward=values["forward"] == "yes" if "forward" in values else None,
        masquerade=values.get("masquerade") == "yes",
        rich_rules=tuple(rich),
    )
