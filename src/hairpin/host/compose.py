"""What Compose's files promise about the network of a running project's services, as the host's collector reads them.

Source: compose-spec 05-services.md, 06-networks.md; docker/compose pkg/api/labels.go"""

from typing import Annotated

import msgspec

from hairpin.field import of
from hairpin.host.contact import Tool
from hairpin.host.docker import Container, PortBinding


class PromisedNetwork(msgspec.Struct, frozen=True):
    """A network that a service is to be on.  ``name``: as the engine names it.  ``fixed4``, ``fixed6``: the address
    that the file chooses; None if it chooses none."""

    name: Annotated[str, of("name")]
    aliases: Annotated[tuple[str, ...], of("name")] = ()
    fixed4: Annotated[int | None, of("address")] = None
    fixed6: Annotated[int | None, of("address")] = None


class ComposeService(msgspec.Struct, frozen=True):
    """A service of a project that has containers.  ``user``: the user whose engine it is; empty for root's.  ``files``:
    the project's files.  ``named_in``: those of them that have the service.  ``changed_s``: when the newest of the
    files was changed, in seconds since the epoch.  ``exposed``: ports of the container that are published on any port
    of the host, with their protocol.  ``restart``, ``network_mode``: empty if the files do not say.  ``unclear``: the
    keys that the reader did not understand; ``all``: the service takes keys from elsewhere, so that what the files do
    not show may be so nevertheless."""

    engine: Tool
    project: str
    service: Annotated[str, of("name")]
    files: tuple[str, ...]
    user: str = ""
    named_in: tuple[str, ...] = ()
    changed_s: int = 0
    networks: tuple[PromisedNetwork, ...] = ()
    ports: tuple[PortBinding, ...] = ()
    exposed: tuple[tuple[str, int], ...] = ()
    restart: str = ""
    network_mode: str = ""
    depends_on: Annotated[tuple[str, ...], of("name")] = ()
    unclear: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def tool(self) -> str:
        """The command of the tool that made the project, with the words that name the project."""
        program = "docker compose" if self.engine == "docker" else "podman-compose"
        return " ".join((program, "-p", self.project, *(f"-f {each}" for each in self.files)))

    def up(self, *, anew: bool, service: str = "") -> str:
        """Return the command that starts the service as the files say.  ``anew``: a Compose from before
        the end of 2024 does not see that a container has lost a network, and leaves it as it is unless it is told
        otherwise.

        Source: docker/compose#12267, docker/compose#12327"""
        forced = "--force-recreate --no-deps " if anew else ""
        return f"{self.tool} up -d {forced}{service or self.service}"

    def has(self, container: Container) -> bool:
        """Return whether the container is one of the service, and not one of ``compose run``."""
        return (container.project, container.service, container.is_one_off) == (self.project, self.service, False)
