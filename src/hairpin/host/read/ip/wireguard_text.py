"""WireGuard devices from ``wg show all FIELD``.  The collector puts the field before each line, and a peer's number in
place of the peer's key.

line := ("listen-port" | "fwmark") TAB DEVICE TAB VALUE
      | ("endpoints" | "allowed-ips" | "latest-handshakes" | "persistent-keepalive") TAB DEVICE TAB "peer " N TAB VALUE

Source: wireguard-tools src/show.c ugly_print()
"""

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.link import Endpoint, Link, Peer, Wireguard
from hairpin.host.read.ip.address_text import interface_address
from hairpin.message import message
from hairpin.netfilter.address import Prefix, parse_address

_NONE = ("(none)", "off", "")


def devices(reading: Reading) -> tuple[tuple[str, Wireguard], ...]:
    """Return the name and the settings of every WireGuard device; raise ParseError with the line."""
    found: dict[str, Wireguard] = {}
    for line_number, line in enumerate(reading.text.splitlines(), 1):
        if not line.strip():
            continue
        words = line.split("\t")
        if len(words) not in (3, 4):
            raise ParseError(message("not a line of `wg show`"), source=reading.origin, line=line_number, text=line)
        before = found.get(words[1], Wireguard(evidence=reading.id))
        try:
            found[words[1]] = _device(before, *words) if len(words) == 3 else _with_peer(before, *words)
        except ValueError as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found.items())


def with_settings(links: tuple[Link, ...], settings: tuple[tuple[str, Wireguard], ...]) -> tuple[Link, ...]:
    """Return the links, with the settings of the WireGuard links."""
    if not settings:
        return links
    of_link = dict(settings)
    return tuple(
        msgspec.structs.replace(each, wireguard=of_link.get(each.name)) if each.kind == "wireguard" else each
        for each in links
    )


def _device(before: Wireguard, field: str, _device_name: str, value: str) -> Wireguard:
    number = 0 if value in _NONE else int(value, 0)
    match field:
        case "listen-port":
            return msgspec.structs.replace(before, listen_port=number)
        case "fwmark":
            return msgspec.structs.replace(before, fwmark=number)
        case _:
            return before


def _with_peer(before: Wireguard, field: str, _device_name: str, name: str, value: str) -> Wireguard:
    number = int(name.removeprefix("peer "))
    peer = next((each for each in before.peers if each.number == number), Peer(number))
    others = tuple(each for each in before.peers if each.number != number)
    return msgspec.structs.replace(before, peers=(*others, _peer(peer, field, value)))


def _peer(before: Peer, field: str, value: str) -> Peer:
    match field:
        case "endpoints":
            return msgspec.structs.replace(before, endpoint=None if value in _NONE else _endpoint(value))
        case "allowed-ips":
            prefixes = () if value in _NONE else tuple(Prefix(*interface_address(each)) for each in value.split())
            return msgspec.structs.replace(before, allowed=prefixes)
        case "latest-handshakes":
            return msgspec.structs.replace(before, handshake=int(value))
        case _:
            return before


def _endpoint(text: str) -> Endpoint:
    """Return the endpoint in ``ADDRESS:PORT`` or ``[ADDRESS]:PORT``; a link-local address may name its link."""
    address, _, port = text.rpartition(":")
    return Endpoint(*parse_address(address.strip("[]").partition("%")[0]), int(port))
