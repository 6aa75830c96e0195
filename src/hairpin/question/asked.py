"""The parts of a question: a target, an origin, an event.  ``host`` is the label of a host, empty if none was named."""

from typing import Literal

import msgspec

from hairpin.network.flow import Protocol
from hairpin.network.prefix import Version

OriginKind = Literal["address", "host", "lan", "container"]


class Target(msgspec.Struct, frozen=True):
    """The destination.  ``address`` None: the host's own; ``container``: a container's own address and port; ``last``:
    the end of a port range from ``port``."""

    port: int | None = None
    protocol: Protocol | None = None
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
    last: int | None = None


class Origin(msgspec.Struct, frozen=True):
    """The flow's start: an address, ``host``, ``lan`` or a container.  ``bare``: only the container's name was
    written."""

    kind: OriginKind
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
    bare: bool = False


class AskedEvent(msgspec.Struct, frozen=True):
    """An event on the host: its id, and the name to which it is narrowed (``container-restart:web``; empty: none)."""

    id: str
    name: str = ""
    host: str = ""
