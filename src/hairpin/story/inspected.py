"""The engines' data of each container that a story needs: its name, its times, its published ports."""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence, Reading

_KEYS = ("trace-containers", "docker-containers", "podman-containers", "docker-stored-containers")
_SERVICE = "com.docker.compose.service"


class InspectedState(msgspec.Struct, frozen=True, rename="pascal"):
    """The state of a container.  Its times are RFC 3339 texts; a time in the year 1 means never."""

    started_at: str = ""
    finished_at: str = ""
    exit_code: int | None = None


class InspectedBinding(msgspec.Struct, frozen=True, rename="pascal"):
    """A port of the host that the container publishes."""

    host_port: str = ""


class InspectedConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """The configuration of a container.  ``port_bindings``: the ports of the host, by the container's port."""

    port_bindings: dict[str, tuple[InspectedBinding, ...] | None] | None = None
    labels: dict[str, str] | None = None


class Inspected(msgspec.Struct, frozen=True, rename="pascal"):
    """A container as ``docker inspect`` and ``podman inspect`` print it."""

    id: str = ""
    name: str = ""
    created: str = ""
    state: InspectedState = InspectedState()
    config: InspectedConfig = InspectedConfig()
    host_config: InspectedConfig = InspectedConfig()

    @property
    def own_name(self) -> str:
        """The container's name, without the slash that Docker puts before it."""
        return self.name.removeprefix("/")

    @property
    def service(self) -> str:
        """The container's compose service; empty if the container belongs to no service."""
        return (self.config.labels or {}).get(_SERVICE, "")

    @property
    def host_ports(self) -> frozenset[int]:
        """The ports of the host that the container publishes."""
        bound = (self.host_config.port_bindings or {}).values()
        return frozenset(int(each.host_port) for one in bound for each in one or () if each.host_port.isdecimal())


_DECODER = msgspec.json.Decoder(Inspected, strict=False)


def containers_of(evidence: Evidence) -> Iterator[tuple[Inspected, Reading]]:
    """Yield each container in the evidence with its reading.  A container that two readings contain is yielded
    twice."""
    for key in _KEYS:
        for reading in evidence.all(key):
            for text in reading.text.split("\n") if reading.outcome == "text" else ():
                try:
                    yield _DECODER.decode(text), reading
                except (msgspec.DecodeError, UnicodeEncodeError):
                    continue
