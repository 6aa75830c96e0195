"""The configuration of a WireGuard device, without its keys, as `wg show` prints it (wg(8)).

No key is read, not even a public key, so a peer is known only by its number on its device.
"""

from typing import Annotated, Literal

import msgspec

from hairpin.field import of
from hairpin.netfilter.address import Prefix


class Endpoint(msgspec.Struct, frozen=True):
    """The outer address and UDP port from which the peer's last packet came, or which the configuration names for the
    peer."""

    version: Literal[4, 6]
    address: int
    port: int


class Peer(msgspec.Struct, frozen=True):
    """One peer.  ``endpoint``: None if the endpoint is unknown until the peer sends a packet.  ``handshake``: the time
    of the last handshake in seconds since 1970; 0 if there was none."""

    number: int
    endpoint: Endpoint | None = None
    allowed: tuple[Prefix, ...] = ()
    handshake: Annotated[int, of(diff="never")] = 0


class Wireguard(msgspec.Struct, frozen=True):
    """A device's settings.  ``fwmark``: the mark of the device's outer packets."""

    listen_port: int = 0
    fwmark: int = 0
    peers: tuple[Peer, ...] = ()
    evidence: str = ""
