"""Facts beyond the hosts: gateways that map public addresses, peers, upstream rules.  Each of them is *stated*.

Source: the user (``--public``, ``--outside``), or a local file that cloud-init wrote.  A mapping that is not stated is
only ``supposed``: no walk uses it, the answer asks about it (docs/adr/0016).
"""

from typing import Literal

import msgspec

from hairpin.network.prefix import Version, inside


class PublicAddress(msgspec.Struct, frozen=True):
    """A public address that a 1:1 NAT gateway maps to an address of a host, whose label is ``host`` (empty: the first).

    ``hairpins``: whether the gateway sends a packet from this host to its own public address back to it. ``evidence``:
    the reading of the file that states it; empty: the user does."""

    version: Version
    public: int
    private: int
    hairpins: bool = False
    host: str = ""
    evidence: str = ""


class Peer(msgspec.Struct, frozen=True):
    """An outside network that drops packets whose source is in none of ``accepts`` (empty: it drops all packets).

    ``host``: the label of the host whose packets it drops; empty: those of every host.
    """

    version: Version
    network: int
    prefix_length: int
    accepts: tuple[tuple[int, int], ...] = ()
    host: str = ""

    def concerns(self, host: str) -> bool:
        """Return whether the peer is stated for that host's packets."""
        return self.host in ("", host)


class ReturnRoute(msgspec.Struct, frozen=True):
    """A route of the outside world to this network by the host of that label (empty: the first), for unmasqueraded
    packets."""

    version: Version
    network: int
    prefix_length: int
    host: str = ""


class UpstreamRule(msgspec.Struct, frozen=True):
    """A port that a security group or a router upstream of a host accepts or drops.

    ``host``: the host's label, empty for the first.
    """

    action: Literal["allow", "deny"]
    protocol: Literal["tcp", "udp"]
    ports: tuple[int, int]
    host: str = ""


class World(msgspec.Struct, frozen=True):
    """Everything stated about the outside.

    ``supposed``: the mapping of an asked public address that no host has.  No walk uses it. ``foreign``: asked
    addresses that no host has; an outside client reaches them without a host."""

    publics: tuple[PublicAddress, ...] = ()
    supposed: tuple[PublicAddress, ...] = ()
    peers: tuple[Peer, ...] = ()
    return_routes: tuple[ReturnRoute, ...] = ()
    upstream: tuple[UpstreamRule, ...] = ()
    foreign: tuple[tuple[Version, int], ...] = ()

    def peer_against(self, host: str, version: Version, source: int, destination: int) -> Peer | None:
        """Return the destination's peer if it does not accept this source in the host's packets, or None."""
        for each in self.peers:
            if not each.concerns(host):
                continue
            within = each.version == version and inside(destination, each.network, each.prefix_length, version)
            if within and not any(inside(source, *accepted, version) for accepted in each.accepts):
                return each
        return None

    def public(self, version: Version, address: int) -> PublicAddress | None:
        """Return the stated mapping of that public address, or None."""
        return _of(self.publics, version, address)

    def supposed_public(self, version: Version, address: int) -> PublicAddress | None:
        """Return the mapping that would explain the asked address, if the user has not stated it."""
        return _of(self.supposed, version, address)

    def believing(self, mapping: PublicAddress) -> "World":
        """Return the world in which the supposed mapping is stated."""
        rest = tuple(each for each in self.supposed if each != mapping)
        return msgspec.structs.replace(self, publics=(*self.publics, mapping), supposed=rest)


def _of(mappings: tuple[PublicAddress, ...], version: Version, address: int) -> PublicAddress | None:
    for each in mappings:
        if (each.version, each.public) == (version, address):
            return each
    return None
