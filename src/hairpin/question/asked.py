"""What a question names: a target, an origin, an event.  ``host`` is the label of a host, empty if none was named."""

from typing import Literal

import msgspec

from hairpin.network.flow import Protocol
from hairpin.network.prefix import Version

OriginKind = Literal["address", "host", "lan", "container"]


class Target(msgspec.Struct, frozen=True):
    """What is to be reached.  ``address`` None: the host's own; ``container``: a container's own address and port;
    ``last``: the last port of a range that begins with ``port``."""

    port: int | None = None
    protocol: Protocol | None = None
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
    last: int | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where the flow starts: an address, ``host``, ``lan`` or a container.  ``bare``: its name alone was written."""

    kind: OriginKind
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
    bare: bool = False


class AskedEvent(msgspec.Struct, frozen=True):
    """An event on the host: its id, and what it is narrowed to (``container-restart:web``; empty: nothing)."""

    id: str
    name: str = ""
    host: str = ""
