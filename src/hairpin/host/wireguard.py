"""A WireGuard device's configuration without its keys: wg(8), `wg show`.

No key is read, not even a public one, so a peer is known only by its number on its device.
"""

from typing import Literal

import msgspec


class Prefix(msgspec.Struct, frozen=True):
    """A network of addresses."""

    version: Literal[4, 6]
    network: int
    prefix_length: int


class Endpoint(msgspec.Struct, frozen=True):
    """The outer address and UDP port from which a peer was last heard, or that its configuration names."""

    version: Literal[4, 6]
    address: int
    port: int


class Peer(msgspec.Struct, frozen=True):
    """One peer.  ``endpoint`` None: not known until the peer sends.  ``handshake``: seconds since 1970, 0 for never."""

    number: int
    endpoint: Endpoint | None = None
    allowed: tuple[Prefix, ...] = ()
    handshake: int = 0


class Wireguard(msgspec.Struct, frozen=True):
    """A device's settings.  ``fwmark`` is the mark of its outer packets."""

    listen_port: int = 0
    fwmark: int = 0
    peers: tuple[Peer, ...] = ()
    evidence: str = ""
