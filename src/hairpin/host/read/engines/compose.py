"""Services of Compose's files: one document on each line.  ``Publish`` and ``Exposes`` have the values of ``ports:``,
with and without a port of the host."""

from collections.abc import Iterator

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.compose import ComposeService, PromisedNetwork
from hairpin.host.contact import Tool
from hairpin.host.read.engines.idle import option_bindings
from hairpin.host.read.json_text import decode_documents
from hairpin.netfilter.address import parse_address

_MOST_PORTS = 256
"""The greatest number of ports of one range without a port of the host that are read."""


class _Network(msgspec.Struct, rename="pascal"):
    name: str
    aliases: tuple[str, ...] = ()
    ipv4: str = msgspec.field(default="", name="IPv4Address")
    ipv6: str = msgspec.field(default="", name="IPv6Address")


class _Service(msgspec.Struct, rename="pascal"):
    engine: Tool
    project: str
    service: str
    files: tuple[str, ...]
    user: str = ""
    of: tuple[str, ...] = ()
    changed: int = 0
    networks: tuple[_Network, ...] = ()
    publish: tuple[str, ...] = ()
    exposes: tuple[str, ...] = ()
    restart: str = ""
    mode: str = ""
    depends_on: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


_SERVICE = msgspec.json.Decoder(_Service)


def services(reading: Reading) -> tuple[ComposeService, ...]:
    """Return the services in the order of the reading; raise ParseError."""
    try:
        return tuple(
            ComposeService(
                engine=each.engine,
                project=each.project,
                service=each.service,
                files=each.files,
                user=each.user,
                named_in=each.of,
                changed_s=each.changed,
                networks=tuple(map(_network, each.networks)),
                ports=tuple(binding for text in each.publish for binding in option_bindings(text)),
                exposed=tuple(port for text in each.exposes for port in _open_ports(text)),
                restart=each.restart.partition(":")[0],
                network_mode=each.mode,
                depends_on=each.depends_on,
                unclear=each.unclear,
                evidence=reading.id,
            )
            for each in decode_documents(_SERVICE, reading.text, source=reading.origin)
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def _network(item: _Network) -> PromisedNetwork:
    fixed4, fixed6 = (parse_address(text)[1] if text else None for text in (item.ipv4, item.ipv6))
    return PromisedNetwork(item.name, item.aliases, fixed4, fixed6)


def _open_ports(text: str) -> Iterator[tuple[str, int]]:
    ports, _, protocol = text.partition("/")
    first, _, last = ports.partition("-")
    if first.isdecimal() and (last or first).isdecimal():
        for number in range(int(first), min(int(last or first), int(first) + _MOST_PORTS) + 1):
            yield protocol or "tcp", number
