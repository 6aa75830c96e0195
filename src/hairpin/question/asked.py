"""The parts of a question: a target, an origin, an event.  ``host`` is the label of a host; empty if the user named no
host."""

from typing import Literal

import msgspec

from hairpin.network.flow import Protocol
from hairpin.network.prefix import Version

OriginKind = Literal["address", "outside", "host", "lan", "container"]


class Target(msgspec.Struct, frozen=True):
    """The destination of a question.  ``address``: None for any address of the host.  ``container``: the container
    whose own address and port are meant.  ``last``: the last port of a port range that begins with ``port``.
    ``by_name``: whether a text shows that a client uses the container's name.  ``localhost``: whether the user wrote
    ``localhost`` in place of the address.  ``network``: the network of ``NAME.NETWORK``, whose address is meant."""

    port: int | None = None
    protocol: Protocol | None = None
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
    last: int | None = None
    by_name: bool = False
    localhost: bool = False
    network: str = ""


class Origin(msgspec.Struct, frozen=True):
    """The start of the asked flow: an address, the usual client outside, ``host``, ``lan`` or a container.  ``bare``:
    whether the user wrote only the container's name."""

    kind: OriginKind
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
    bare: bool = False

    @property
    def is_from_outside(self) -> bool:
        """Whether a client sends that is no neighbour."""
        return self.kind in ("address", "outside")

    @property
    def is_client(self) -> bool:
        """Whether another machine sends."""
        return self.kind == "lan" or self.is_from_outside


class AskedEvent(msgspec.Struct, frozen=True):
    """An event on the host: the event's id, and the name to which it is restricted (``container-restart:web``); an
    empty name means no restriction."""

    id: str
    name: str = ""
    host: str = ""
