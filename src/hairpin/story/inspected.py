"""The engines' data of each container that a story needs: its name, its times, its published ports."""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence, Reading

_KEYS = ("trace-containers", "docker-containers", "podman-containers", "docker-stored-containers")
_SERVICE = "com.docker.compose.service"


class InspectedState(msgspec.Struct, frozen=True, rename="pascal"):
    """The times are RFC 3339; the year 1 means never."""

    started_at: str = ""
    finished_at: str = ""
    exit_code: int | None = None


class InspectedBinding(msgspec.Struct, frozen=True, rename="pascal"):
    """A port of the host."""

    host_port: str = ""


class InspectedConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """``port_bindings``: by the container's port."""

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
        """The name without Docker's slash."""
        return self.name.removeprefix("/")

    @property
    def service(self) -> str:
        """Its compose service; empty: it has none."""
        return (self.config.labels or {}).get(_SERVICE, "")

    @property
    def host_ports(self) -> frozenset[int]:
        """The ports of the host that it publishes."""
        bound = (self.host_config.port_bindings or {}).values()
        return frozenset(int(each.host_port) for one in bound for each in one or () if each.host_port.isdecimal())


_DECODER = msgspec.json.Decoder(Inspected, strict=False)


def containers_of(evidence: Evidence) -> Iterator[tuple[Inspected, Reading]]:
    """Yield the containers in the evidence, each with its reading; a container in two readings comes twice."""
    for key in _KEYS:
        for reading in evidence.all(key):
            for text in reading.text.split("\n") if reading.outcome == "text" else ():
                try:
                    yield _DECODER.decode(text), reading
                except (msgspec.DecodeError, UnicodeEncodeError):
                    continue
