"""Facts about the outside: gateways that map public addresses, peers, return routes, upstream rules.  All these facts
are *stated*.

Source: the user (``--public``, ``--outside``), or a local file that cloud-init wrote.  A mapping that is not stated is
only ``supposed``.  No walk uses a supposed mapping, but the answer asks about it (docs/adr/0016).
"""

from typing import Literal

import msgspec

from hairpin.network.prefix import Prefix, Version, inside


class PublicAddress(msgspec.Struct, frozen=True):
    """A public address that a 1:1 NAT gateway maps to an address of the host with the label ``host`` (empty: the first
    host).

    ``hairpins`` tells whether the gateway sends a packet from this host to the public address back to the host.
    ``evidence`` is the reading of the file that states the mapping; it is empty if the user states the mapping."""

    version: Version
    public: int
    private: int
    hairpins: bool = False
    host: str = ""
    evidence: str = ""


class Peer(msgspec.Struct, frozen=True):
    """An outside network that drops packets whose source is in none of ``accepts`` (empty: it drops all packets).

    ``host``: the label of the host whose packets the network drops; empty if it drops the packets of every host.
    ``link``: the uplink behind which the network is the router.  A network that is the router behind an uplink also
    drops answers to clients.
    ``link`` is empty if the network may be behind any uplink.
    """

    version: Version
    network: int
    prefix_length: int
    accepts: tuple[tuple[int, int], ...] = ()
    host: str = ""
    link: str = ""

    @property
    def prefix(self) -> Prefix:
        """The outside network."""
        return Prefix(self.version, self.network, self.prefix_length)

    def holds(self, value: int, version: Version) -> bool:
        """Return whether the address is in the outside network."""
        return version == self.version and inside(value, self.network, self.prefix_length, version)

    def concerns(self, host: str) -> bool:
        """Return whether the peer drops packets of the host with that label."""
        return self.host in ("", host)

    def refuses(self, version: Version, source: int, destination: int) -> bool:
        """Return whether the peer drops a packet with these addresses."""
        return self.holds(destination, version) and not any(
            inside(source, *accepted, version) for accepted in self.accepts
        )


class ReturnRoute(msgspec.Struct, frozen=True):
    """A route of outside machines to an unmasqueraded network, by the host with the label ``host`` (empty: the first
    host)."""

    version: Version
    network: int
    prefix_length: int
    host: str = ""

    @property
    def prefix(self) -> Prefix:
        """The network to which the route leads."""
        return Prefix(self.version, self.network, self.prefix_length)

    def holds(self, value: int, version: Version) -> bool:
        """Return whether the address is in the network to which the route leads."""
        return version == self.version and inside(value, self.network, self.prefix_length, version)


class UpstreamRule(msgspec.Struct, frozen=True):
    """A range of ports that a security group or a router upstream of a host accepts or drops.

    ``host`` is the host's label; it is empty for the first host.
    """

    action: Literal["allow", "deny"]
    protocol: Literal["tcp", "udp"]
    ports: tuple[int, int]
    host: str = ""


class World(msgspec.Struct, frozen=True):
    """Everything that is stated about the outside.

    ``supposed`` has possible mappings of asked public addresses that no host has; no walk uses them.  ``foreign`` has
    asked addresses that no host has and that an outside client reaches without passing a host."""

    publics: tuple[PublicAddress, ...] = ()
    supposed: tuple[PublicAddress, ...] = ()
    peers: tuple[Peer, ...] = ()
    return_routes: tuple[ReturnRoute, ...] = ()
    upstream: tuple[UpstreamRule, ...] = ()
    foreign: tuple[tuple[Version, int], ...] = ()

    def peer_against(
        self, host: str, version: Version, source: int, destination: int, *, link: str = ""
    ) -> Peer | None:
        """Return the peer that has the destination and drops the host's packets with this source, or None.  ``link``:
        the link with the uplink's addresses, by which the packet left."""
        for each in self.peers:
            if each.concerns(host) and each.link in ("", link) and each.refuses(version, source, destination):
                return each
        return None

    def router_behind(self, host: str, version: Version, link: str) -> Peer | None:
        """Return the stated router behind that uplink of the host, or None."""
        found = (each for each in self.peers if each.link == link and each.version == version)
        return next((each for each in found if each.concerns(host)), None)

    def public(self, version: Version, address: int) -> PublicAddress | None:
        """Return the stated mapping of that public address, or None."""
        return _of(self.publics, version, address)

    def supposed_public(self, version: Version, address: int) -> PublicAddress | None:
        """Return the supposed mapping of that public address, or None."""
        return _of(self.supposed, version, address)

    def believing(self, mapping: PublicAddress) -> "World":
        """Return the world in which the supposed ``mapping`` is stated."""
        rest = tuple(each for each in self.supposed if each != mapping)
        foreign = tuple(each for each in self.foreign if each != (mapping.version, mapping.public))
        return msgspec.structs.replace(self, publics=(*self.publics, mapping), supposed=rest, foreign=foreign)


def _of(mappings: tuple[PublicAddress, ...], version: Version, address: int) -> PublicAddress | None:
    for each in mappings:
        if (each.version, each.public) == (version, address):
            return each
    return None
