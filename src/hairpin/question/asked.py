"""What a question names: a target, and where from.  ``host`` is the label of a host, empty where none was named."""

from typing import Literal

import msgspec

from hairpin.network.flow import Protocol
from hairpin.network.prefix import Version

OriginKind = Literal["address", "host", "lan", "container"]


class Target(msgspec.Struct, frozen=True):
    """What is asked for: ``address`` None means the host's own, ``container`` a container's own address and port."""

    port: int | None = None
    protocol: Protocol | None = None
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""


class Origin(msgspec.Struct, frozen=True):
    """Where from: an address, ``host``, ``lan`` or a container."""

    kind: OriginKind
    version: Version | None = None
    address: int | None = None
    container: str | None = None
    host: str = ""
