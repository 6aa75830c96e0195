"""Finds the sender of a text: the program that printed it, and the place of this program.

The sender is known in three cases: if the user names it (``--from``), if the line's prefix names a host or container
that was read, and if the text has a form that only a host's own engine, firewall or kernel prints.
"""

import re
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer
from hairpin.explain.understand import TextFound
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.network.prefix import address_text, parse_address
from hairpin.question.asked import Origin

SenderKind = Literal["host", "container", "address", "lan", "elsewhere", "unknown"]
"""The kind of a sender.  ``address``: a client outside.  ``elsewhere``: a host or a container that was not read."""
ToldBy = Literal["option", "line", "form", ""]
_SOURCE = re.compile(r"\bSRC=([0-9a-fA-F.:]+)|\budp:([0-9.]+):\d+\"|\bread udp ([0-9.]+):\d+->")
"""Matches the source address of the packet in the text of a log rule or of dockerd's resolver."""
STUB_RESOLVER, _EMBEDDED = "127.0.0.53", "127.0.0.11"
"""The address of systemd-resolved on each host that runs it, and the address of dockerd's resolver in containers.

Source: systemd-resolved.service(8); moby libnetwork/resolver.go"""
_NAMELESS = ("localhost", "localhost.localdomain")
"""The default host names, which do not identify a host."""
_ID = re.compile(r"[0-9a-f]{12,64}")


class TextSender(msgspec.Struct, frozen=True):
    """The sender of a text.

    ``name``: the program on a host, the container, or the address.  ``host``: the label of a host that was read, or the
    name of a host that was not read.  ``told_by``: how the sender is known."""

    kind: SenderKind
    name: str = ""
    host: str = ""
    told_by: ToldBy = ""
    origin: Origin | None = None
    """The start of the sender's packets; None if the sender is unknown."""

    @property
    def is_known(self) -> bool:
        """Whether the sender is known: a host that was read, a container on it, or a client that the user or the line
        names."""
        return self.origin is not None

    @property
    def start(self) -> str:
        """The start of the sender's packets as a value of ``--from``; empty if the sender is unknown, or if only the
        text's form shows the sender."""
        if self.origin is None or self.told_by == "form":
            return ""
        match self.kind:
            case "container":
                return f"container:{self.name}"
            case "host" | "lan":
                return self.kind
            case "address":
                return self.name
            case _:
                return ""


UNKNOWN = TextSender("unknown")
"""The sender of a text that names no sender."""


def sender_of(found: TextFound, option: Origin | None, whole: Answer) -> TextSender:
    """Return the sender of the text.  ``option``: the place at which the text was printed, as the user states it.
    ``whole``: the answer about the hosts that were read."""
    if option is not None:
        return _by_option(option)
    by_line = _by_line(found, whole)
    if by_line is not None and by_line.kind == "elsewhere":
        return by_line
    if found.entry.printed_by == "source":
        return _by_source(found, whole, by_line.host if by_line is not None else "")
    return by_line or _by_form(found, whole)


def _by_option(option: Origin) -> TextSender:
    match option.kind:
        case "container":
            return TextSender("container", option.container or "", option.host, "option", option)
        case "host":
            return TextSender("host", "", option.host, "option", option)
        case "lan":
            return TextSender("lan", "", option.host, "option", option)
        case "outside":
            return TextSender("address", option.kind, option.host, "option", option)
        case "address":
            assert option.address is not None
            assert option.version is not None
            return TextSender("address", address_text(option.address, option.version), option.host, "option", option)


def _by_line(found: TextFound, whole: Answer) -> TextSender | None:
    """Return the sender that the line's prefix names, or None."""
    speaker = found.speaker
    host = _host_named(speaker.host, whole) if speaker.host else None
    if speaker.host and host is None and speaker.host not in _NAMELESS:
        inside = _one_container(speaker.host, whole.network.hosts) if _ID.fullmatch(speaker.host) else None
        return inside or TextSender("elsewhere", speaker.program, speaker.host, "line")
    hosts = whole.network.hosts if host is None else (host,)
    if speaker.container:
        return _one_container(speaker.container, hosts) or TextSender("elsewhere", speaker.container, "", "line")
    if host is None:
        return None
    tag = speaker.program.rpartition("/")[2]
    if "/" in speaker.program or _ID.fullmatch(tag):  # Docker's log drivers syslog and journald
        return _one_container(tag, hosts) or TextSender("elsewhere", tag, host.name, "line")
    if _containers(tag, host):
        return UNKNOWN  # this is a program of the host, or a container that logs under the program's name
    return TextSender("host", speaker.program, host.name, "line", Origin("host", host=host.name))


def _host_named(name: str, whole: Answer) -> Host | None:
    """Return the host with the given name or label, with or without its domain; None if there is no such host."""
    short = name.lower().partition(".")[0]
    for evidence in whole.evidence:
        if short in (evidence.hostname.lower().partition(".")[0], evidence.name.lower()):
            return next((each for each in whole.network.hosts if each.name == evidence.name), None)
    return None


def _one_container(name: str, hosts: tuple[Host, ...]) -> TextSender | None:
    found = [(host, each) for host in hosts for each in _containers(name, host)]
    if len(found) != 1:
        return UNKNOWN if found else None
    host, container = found[0]
    return _container(container, host)


def _container(container: Container, host: Host) -> TextSender:
    origin = Origin("container", container=container.name, host=host.name)
    return TextSender("container", container.name, host.name, "line", origin)


def _containers(name: str, host: Host) -> tuple[Container, ...]:
    """Return the containers that a log may mean by the name.  Compose omits the project's name from a container's
    name."""
    known = host.containers_named(name)
    if known:
        return known
    return tuple(each for each in host.containers() if each.project and each.name in _full_names(each.project, name))


def _full_names(project: str, name: str) -> tuple[str, str]:
    return f"{project}-{name}", f"{project}_{name}"


def _by_source(found: TextFound, whole: Answer, label: str) -> TextSender:
    """Return the sender of the packet that the text describes."""
    told = _SOURCE.search(found.quote)
    if told is None:
        return UNKNOWN
    version, value = parse_address(next(filter(None, told.groups())))
    hosts = tuple(each for each in whole.network.hosts if label in ("", each.name))
    for host in hosts:
        for each in host.containers():
            if any((one.ipv4 if version == 4 else one.ipv6) == value for one in each.endpoints):
                return _container(each, host)
    origin = Origin("address", version=version, address=value, host=hosts[0].name if len(hosts) == 1 else "")
    return TextSender("address", address_text(value, version), origin.host, "line", origin)


def _by_form(found: TextFound, whole: Answer) -> TextSender:
    """Return the sender that the form of the text shows.  A name server's address in the text shows only the sender's
    kind, because each host and each container may have such a name server."""
    if found.entry.printed_by == "host":
        only = whole.network.hosts[0].name if len(whole.network.hosts) == 1 else ""
        return TextSender("host", found.entry.program, only, "form", Origin("host", host=only))
    if STUB_RESOLVER in found.quote:
        return TextSender("host", "", "", "form")
    return TextSender("container", "", "", "form") if _EMBEDDED in found.quote else UNKNOWN
