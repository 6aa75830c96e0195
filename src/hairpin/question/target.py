"""Reads TARGET and WHERE as people type them.

TARGET := (PORTS[/PROTO] | host:PORTS[/PROTO] | ADDR:PORTS[/PROTO] | [V6]:PORTS[/PROTO] | NAME | NAME:PORTS[/PROTO])
          [@HOST] | URL
PORTS  := PORT | PORT-PORT
WHERE  := (ADDR | host | lan | outside | [container:]NAME | netns:NAME) [@HOST]

NAME is the name, the id or an address of a container, or the name of a compose service, or of a network namespace in
which no container runs.  HOST is the label of a host:
the whole text after the first ``@``.
"""

import re

import msgspec

from hairpin.errors import UsageError, mark_in
from hairpin.host.netns import NAMED
from hairpin.message import message
from hairpin.network.flow import Protocol
from hairpin.network.prefix import Version, parse_address
from hairpin.question.asked import AskedEvent, Origin, Target

_FORMS = message("a target is PORT, PORT/udp, PORT-PORT, ADDRESS:PORT, [IPV6]:PORT, CONTAINER, CONTAINER:PORT or a URL")
_NOTHING = message("nothing")
_DEFAULT_PORTS = {
    "http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21, "ssh": 22, "redis": 6379, "postgres": 5432,
    "postgresql": 5432, "mysql": 3306, "mongodb": 27017, "amqp": 5672, "mqtt": 1883, "ldap": 389,
}  # fmt: skip
_WITH_PORT = re.compile(r"(?P<place>\[[^\]]*\]|[^:/\[\]]+):(?P<port>[^:/]*)(?:/(?P<protocol>.*))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NAME_PART = re.compile(r"[A-Za-z0-9_.-]")
_OUTSIDE_NAME = re.compile(r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,}")
_NAMES_OF_ENGINES = (".internal", ".cluster.local", ".svc")
"""The ends of names that only a container engine or the name server of a cluster knows."""


def parse_target(text: str) -> Target:
    """Return the target that the text names; raises UsageError, which names the input, the reason and the right
    form."""
    if "://" in text:
        return _url(text)
    what, host = split_host(text)
    return msgspec.structs.replace(_target(what), host=host)


def parse_event(text: str) -> AskedEvent:
    """Return the event that ``ID[:NAME][@HOST]`` names; raise UsageError if the id is empty."""
    what, host = split_host(text)
    name, colon, narrowed = what.partition(":")
    if not name or (colon and not narrowed):
        raise UsageError(message("{text!r} names no event; write EVENT or EVENT:NAME", text=text))
    return AskedEvent(name, narrowed, host)


def split_host(text: str) -> tuple[str, str]:
    """Return the text before the first ``@``, and the label after it, which is empty if there is no ``@``."""
    what, at, host = text.partition("@")
    if at and not host:
        said = message("{text!r}: a host is missing behind @; write {what}@HOST", text=text, what=what)
        raise UsageError(said, mark=mark_in(text, "@"))
    return what, host


def _target(text: str) -> Target:
    plain = re.fullmatch(r"(?P<ports>\d+(?:-\d+)?)(?:/(?P<protocol>.*))?", text)
    if plain is not None:
        port, last = _ports(plain["ports"], text)
        return Target(port=port, last=last, protocol=_protocol(plain["protocol"], text))
    if (mapping := re.fullmatch(r"(\d+):(\d+)(/.*)?", text)) is not None:
        raise UsageError(
            message(
                "{text!r} looks like -p {text}, which maps port {outer} of the host to port {inner} of a container: "
                "ask for {outer}, or for CONTAINER:{inner}",
                text=text,
                outer=mapping[1],
                inner=mapping[2],
            )
        )
    address = _address(text)
    if address is not None:
        return Target(container=text)
    found = _WITH_PORT.fullmatch(text)
    if found is not None:
        (port, last), protocol = _ports(found["port"], text), _protocol(found["protocol"], text)
        return msgspec.structs.replace(_at(found["place"], port, protocol, text), last=last)
    if _NAME.fullmatch(text):
        return Target(container=text)
    wrong = next((each for each in text if not _NAME_PART.fullmatch(each)), text)
    said = message("{text!r} is not a target: {forms}", text=text, forms=_FORMS)
    raise UsageError(said, mark=mark_in(text, wrong))


def _at(place: str, port: int, protocol: Protocol | None, text: str) -> Target:
    """Return the target that is a port of the host, of an address or of a container."""
    if place == "host":  # the same word as in WHERE
        return Target(port=port, protocol=protocol)
    if place.lower() == "localhost":
        version, value = parse_address("127.0.0.1")
        return Target(port=port, protocol=protocol, version=version, address=value, localhost=True)
    address = _address(place.strip("[]"))
    if address is not None:
        version, value = address
        # Engines and ss print ``0.0.0.0:8080`` for any address of this host, and connect() takes 0.0.0.0 as this host,
        # too.
        return Target(port=port, protocol=protocol, version=version, address=value or None)
    if place.startswith("["):
        said = message("{text!r}: {place} is not an IPv6 address; {forms}", text=text, place=place, forms=_FORMS)
        raise UsageError(said, mark=mark_in(text, place))
    if re.fullmatch(r"[\d.]+", place):
        said = message("{text!r}: {place} is not an IPv4 address; {forms}", text=text, place=place, forms=_FORMS)
        raise UsageError(said, mark=mark_in(text, place))
    if not _NAME.fullmatch(place):
        said = message("{text!r} is not a target: {forms}", text=text, forms=_FORMS)
        raise UsageError(said, mark=mark_in(text, place))
    return Target(port=port, protocol=protocol, container=place)


def _url(text: str) -> Target:
    from urllib.parse import urlsplit  # noqa: PLC0415 - few targets are URLs

    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(
            message("{text!r} is not a URL with a host and a port; {forms}", text=text, forms=_FORMS)
        ) from error
    if not host:
        raise UsageError(message("{text!r} names no host; {forms}", text=text, forms=_FORMS))
    protocol: Protocol | None = "udp" if parts.scheme == "udp" else "tcp"
    chosen = port if port is not None else _DEFAULT_PORTS.get(parts.scheme)
    if chosen is None:
        said = message(
            "{text!r} has no port, and hairpin knows no default port for {scheme}: add :PORT",
            text=text,
            scheme=parts.scheme,
        )
        raise UsageError(said, mark=mark_in(text, host))
    return _at(f"[{host}]" if ":" in host else host, _port(str(chosen), text), protocol, text)


def is_outside_name(name: str) -> bool:
    """Return whether the name has the form of a name of the outside, such as ``example.com``: words with dots, of which
    the last has letters only."""
    return _OUTSIDE_NAME.fullmatch(name) is not None and not name.endswith(_NAMES_OF_ENGINES)


def _address(text: str) -> tuple[Version, int] | None:
    try:
        return parse_address(text)
    except ValueError:
        return None


def _ports(text: str, whole: str) -> tuple[int, int | None]:
    """Return the port, or the first and the last port of a range."""
    first, dash, end = text.partition("-")
    port = _port(first, whole)
    last = _port(end, whole) if dash else port
    if last < port:
        said = message(
            "{text!r}: the range ends before it begins; write {last}-{port}", text=whole, last=last, port=port
        )
        raise UsageError(said, mark=mark_in(whole, text))
    return port, last if last > port else None


def _port(text: str, whole: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        said = message("{whole!r}: {said} is not a port; ports are 1 to 65535", whole=whole, said=text or _NOTHING)
        raise UsageError(said, mark=mark_in(whole, text))
    return int(text)


def _protocol(text: str | None, whole: str) -> Protocol | None:
    match text.lower() if text is not None else None:
        case None:
            return None
        case "tcp":
            return "tcp"
        case "udp":
            return "udp"
        case _:
            if not text:
                raise UsageError(
                    message("{whole!r}: a protocol is missing behind /; write /tcp or /udp", whole=whole),
                    mark=mark_in(whole, ""),
                )
            said = message("{whole!r}: {said} is not supported; write /tcp or /udp", whole=whole, said=text)
            raise UsageError(said, mark=mark_in(whole, text))


def parse_origin(text: str) -> Origin:
    """Return the start that the text of ``--from`` names; raise UsageError if the text names no start."""
    what, host = split_host(text)
    return msgspec.structs.replace(_origin(what), host=host)


def _origin(text: str) -> Origin:
    match text.lower():
        case "host" | "localhost":
            return Origin("host")
        case "lan":
            return Origin("lan")
        case "outside":
            return Origin("outside")
        case _:
            return _place(text)


def _place(text: str) -> Origin:
    if text.startswith("container:"):
        name = text.removeprefix("container:")
        if not name:
            raise UsageError(message("--from container: names no container; write container:NAME"))
        return Origin("container", container=name)
    if text.startswith(NAMED) and _NAME.fullmatch(text.removeprefix(NAMED)):
        return Origin("container", container=text)
    bracketed = text.startswith("[") and text.endswith("]")
    address = _address(text[1:-1] if bracketed else text)
    if address is None:
        if _NAME.fullmatch(text) and not re.fullmatch(r"[\d.]+", text):
            return Origin("container", container=text, bare=True)
        said = message(
            "--from {text}: not an address; write an address, outside, host, lan, container:NAME or netns:NAME",
            text=text,
        )
        raise UsageError(said, mark=mark_in(text, text))
    return Origin("address", version=address[0], address=address[1])
