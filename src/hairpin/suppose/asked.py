"""The container that a question about a pasted text is about, if no output of the text lists containers."""

import re

import msgspec

from hairpin.errors import UsageError
from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.host import Host
from hairpin.question.asked import Target
from hairpin.question.target import parse_target

UNNAMED = "CONTAINER"
"""The name of a container whose name no text tells."""
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|localhost|::1")
_OF_HOST = frozenset({22, 53})
"""Ports at which usually the host itself serves."""


def targets_of(told: ToldParts) -> tuple[Target, ...]:
    """Return the targets of the failures that the text tells, each once."""
    found = (target_of(each) for each in told.outcomes if each.failed and not _asks_itself(each))
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _asks_itself(outcome: Outcome) -> bool:
    """Return whether a client in a container asked its own loopback, which is no port of the host."""
    return outcome.origin.startswith("container:") and _LOOPBACK.fullmatch(outcome.host) is not None


def target_of(outcome: Outcome) -> Target | None:
    """Return the target at which a client met the outcome; None if it is no port of an address or container.  A name
    of the outside is none."""
    if not outcome.host or outcome.port is None or outcome.protocol == "icmp":
        return None
    if "." in outcome.host and re.search("[A-Za-z]", outcome.host):
        return None  # a name of the outside
    place = f"[{outcome.host}]" if ":" in outcome.host else outcome.host
    try:
        return parse_target(f"{place}:{outcome.port}" + ("/udp" if outcome.protocol == "udp" else ""))
    except UsageError:
        return None


def with_asked_container(host: Host, asked: tuple[Target, ...]) -> Host:
    """Return the host with a container for each asked name, and one that publishes all other asked ports at the same
    port of its own."""
    names = dict.fromkeys(each.container for each in asked if each.container is not None)
    ports = tuple(
        (each.protocol or "tcp", each.port)
        for each in asked
        if each.container is None and each.port is not None and each.port not in _OF_HOST
    )
    made = [_container(name, asked) for name in names]
    if ports:
        bindings = tuple(
            PortBinding("udp" if protocol == "udp" else "tcp", port, port)
            for protocol, port in dict.fromkeys(ports)
            if protocol != "icmp"
        )
        made.append(Container("0" * 12, UNNAMED, "running", bindings=bindings))
    if not made and not host.containers():
        made.append(Container("0" * 12, UNNAMED, "running"))
    if not made:
        return host
    engine = host.engines[0] if host.engines else Engine("docker", "")
    changed = msgspec.structs.replace(engine, containers=(*engine.containers, *made))
    return msgspec.structs.replace(host, engines=(changed, *host.engines[1:]))


def _container(name: str, asked: tuple[Target, ...]) -> Container:
    ports = tuple((each.protocol or "tcp", each.port) for each in asked if each.container == name and each.port)
    exposed = tuple((protocol, port) for protocol, port in ports if protocol != "icmp")
    return Container(name[:12], name, "running", exposed=exposed)
