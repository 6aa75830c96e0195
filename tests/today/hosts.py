"""The healthy hosts: what each has, and the commands that make it so.  Nothing is wrong with any of them."""

from collections.abc import Iterator

import msgspec

from tests.today.box import Engine, run_box

TODAY = ("trixie", "sid")


class Healthy(msgspec.Struct, frozen=True):
    """A host.  ``parts``: what is installed on it; ``before``: commands before the image is there; ``commands``, and
    ``user`` in the session of the host's person: what then runs."""

    name: str
    suite: str
    parts: tuple[str, ...]
    before: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    user: tuple[str, ...] = ()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The engines that have containers on the host."""
        return (
            *(("docker",) if "docker" in self.parts else ()),
            *(("podman",) if "podman" in self.parts and any("podman" in each for each in self.commands) else ()),
            *(("rootless",) if self.user else ()),
        )

    @property
    def title(self) -> str:
        """The name with its suite."""
        return f"{self.suite} {self.name}"


def hosts() -> Iterator[Healthy]:
    """Yield every host."""
    for suite in TODAY:
        for driver in ("nftables", "iptables"):
            yield Healthy(f"podman {driver}", suite, ("podman",), (_driver(driver),), _ROOTFUL)
        yield Healthy("podman rootless", suite, ("podman",), (), (), _ROOTLESS)
        yield Healthy("docker", suite, ("docker",), (), _DOCKER)


def _driver(name: str) -> str:
    return (
        f"mkdir -p /etc/containers/containers.conf.d;"
        f" printf '[network]\\nfirewall_driver = \"{name}\"\\n' >/etc/containers/containers.conf.d/driver.conf"
    )


_ROOTFUL = (
    "podman network create back",
    run_box("web", "8080:80", "5353:53/udp"),
    run_box("api", "127.0.0.1:8081:80", "198.51.100.11:8082:80", options="--network back"),
    run_box("db", options="--network back"),
)
_ROOTLESS = (
    "podman network create back",
    run_box("web", "8080:80", "5353:53/udp"),
    run_box("slirp", "8083:80", options="--network slirp4netns"),
    run_box("api", "127.0.0.1:8081:80", "8082:80", options="--network back"),
    run_box("db", options="--network back"),
)
_DOCKER = (
    "docker network create back",
    run_box("web", "8080:80", "5353:53/udp", command="docker"),
    run_box("api", "127.0.0.1:8081:80", "198.51.100.11:8082:80", options="--network back", command="docker"),
    run_box("db", options="--network back", command="docker"),
)
