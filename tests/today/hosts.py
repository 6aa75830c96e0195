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
    sound: bool = True
    """Whether all that the plain question asks really passes: with its driver firewalld, netavark lets firewalld reject
    what its containers ask their name server."""

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
        yield from _with_podman(suite)
        yield from _with_rootless_podman(suite)
        yield from _with_docker(suite)


def _with_podman(suite: str) -> Iterator[Healthy]:
    parts, beside = ("podman",), ("podman", "firewalld")
    for driver in ("nftables", "iptables"):
        yield Healthy(f"podman {driver}", suite, parts, (_driver(driver),), _ROOTFUL)
        yield Healthy(f"podman {driver} and firewalld", suite, beside, (_driver(driver),), _ROOTFUL)
        yield Healthy(f"podman {driver} ipv6", suite, parts, (_driver(driver),), _TWO_FAMILIES)
        yield Healthy(f"podman {driver} and docker", suite, ("podman", "docker"), (_driver(driver),), _BOTH)
    yield Healthy("podman firewalld", suite, beside, (_driver("firewalld"),), _ROOTFUL, sound=False)
    yield Healthy("podman pods", suite, parts, (), _PODS)
    yield Healthy("podman networks", suite, parts, (), _KINDS_OF_NETWORKS)


def _with_rootless_podman(suite: str) -> Iterator[Healthy]:
    parts = ("podman",)
    yield Healthy("podman rootless", suite, parts, user=_ROOTLESS)
    yield Healthy("podman rootless pods", suite, parts, user=_ROOTLESS_PODS)
    yield Healthy("podman rootless networks", suite, parts, user=_ROOTLESS_NETWORKS)
    yield Healthy("podman rootless pasta", suite, parts, user=_PASTA)
    yield Healthy("podman rootless slirp4netns", suite, parts, user=_SLIRP)
    yield Healthy("podman rootless and firewalld", suite, ("podman", "firewalld"), (_OPENED,), user=_ROOTLESS)
    yield Healthy("podman rootless and docker", suite, ("podman", "docker"), (), _DOCKER[1:2], _BESIDE_DOCKER)


def _with_docker(suite: str) -> Iterator[Healthy]:
    parts = ("docker",)
    yield Healthy("docker", suite, parts, (), _DOCKER)
    yield Healthy("docker no proxy", suite, parts, (_daemon('{"userland-proxy": false}'),), _DOCKER)
    yield Healthy("docker and firewalld", suite, ("docker", "firewalld"), (), _DOCKER)
    yield Healthy("docker and ufw", suite, ("docker", "ufw"), (_UFW,), _DOCKER)
    yield Healthy("docker ipv6", suite, parts, (), _DOCKER_SIX)
    yield Healthy("docker networks", suite, parts, (), _DOCKER_NETWORKS)


def _driver(name: str) -> str:
    return (
        "mkdir -p /etc/containers/containers.conf.d;"
        f" printf '[network]\\nfirewall_driver = \"{name}\"\\n' >/etc/containers/containers.conf.d/driver.conf"
    )


def _daemon(text: str) -> str:
    return f"mkdir -p /etc/docker; echo '{text}' >/etc/docker/daemon.json"


def _docker(name: str, *publish: str, options: str = "") -> str:
    return run_box(name, *publish, options=options, command="docker")


_BACK = "--network back"
_ON_LAN = "--subnet 198.51.100.0/24 --gateway 198.51.100.1 --ip-range 198.51.100.192/28 -o parent=eth0"
_UFW = "ufw --force enable >/dev/null; ufw allow 7000/tcp >/dev/null"
_OPENED = (
    "firewall-offline-cmd -q --add-port=8080/tcp --add-port=8082/tcp --add-port=8083/tcp --add-port=5353/udp"
    " --add-port=7000/tcp"
)
_NETWORK = "podman network create back"
_ROOTFUL = (
    _NETWORK,
    "systemctl enable -q podman-restart",
    run_box("web", "8080:80", "5353:53/udp", options="--restart always"),
    run_box("api", "127.0.0.1:8081:80", "198.51.100.11:8082:80", options=_BACK),
    run_box("db", options=_BACK),
)
_TWO_FAMILIES = (
    "podman network create --ipv6 --subnet 10.90.0.0/24 --subnet fd00:90::/64 back",
    run_box("web", "8080:80", "5353:53/udp", "[2001:db8:2::11]:8084:80", options=_BACK),
    run_box("db", options=_BACK),
)
_BOTH = (run_box("web", "8080:80", "5353:53/udp"), run_box("db"), _docker("api", "8082:80", "127.0.0.1:8081:80"))
_PODS = (
    "podman pod create --name shop -p 8080:80 -p 5353:53/udp",
    run_box("web", options="--pod shop"),
    run_box("side", options="--pod shop", serve="tcp/81"),
    run_box("own", options="--network host", serve="tcp/8090"),
    run_box("db", "8081:80"),
)
_KINDS_OF_NETWORKS = (
    _NETWORK,
    "podman network create --opt isolate=true apart",
    "podman network create --internal inner",
    f"podman network create -d macvlan {_ON_LAN} lan",
    run_box("web", "8080:80", "5353:53/udp", options="--network back --network inner"),
    run_box("api", "8081:80", options="--network apart"),
    run_box("db", options="--network inner"),
    run_box("cam", options="--network lan"),
)
_ROOTLESS = (
    _NETWORK,
    run_box("web", "8080:80", "5353:53/udp"),
    run_box("slirp", "8083:80", options="--network slirp4netns"),
    run_box("api", "127.0.0.1:8081:80", "8082:80", options=_BACK),
    run_box("db", options=_BACK),
)
_ROOTLESS_PODS = (
    "podman pod create --name shop -p 8080:80 -p 5353:53/udp",
    run_box("web", options="--pod shop"),
    run_box("side", options="--pod shop", serve="tcp/81"),
    run_box("own", options="--network host", serve="tcp/8090"),
    run_box("db", "8081:80"),
)
_ROOTLESS_NETWORKS = (
    _NETWORK,
    "podman network create --internal inner",
    "podman network create --ipv6 --subnet 10.91.0.0/24 --subnet fd00:91::/64 two",
    run_box("web", "8080:80", "5353:53/udp", options="--network back --network inner"),
    run_box("db", options="--network inner"),
    run_box("api", "8081:80", "127.0.0.1:8082:80", options="--network two"),
    run_box("mail", options="--network two"),
)
_PASTA = (
    run_box("web", "8080:80", "5353:53/udp", options="--network pasta:--map-gw"),
    run_box("api", "127.0.0.1:8081:80", options="--network pasta:-T,7000"),
    run_box("db", "8082:80", options="--network pasta:--ipv4-only,-a,10.7.0.2,-g,10.7.0.1"),
)
_SLIRP = (
    run_box("web", "8080:80", "5353:53/udp", options="--network slirp4netns:port_handler=slirp4netns"),
    run_box("api", "127.0.0.1:8081:80", options="--network slirp4netns:allow_host_loopback=true"),
    run_box("db", "8082:80", options="--network slirp4netns:cidr=10.9.0.0/24"),
)
_BESIDE_DOCKER = (_NETWORK, run_box("api", "8082:80"), run_box("db", options=_BACK))
_DOCKER = (
    "docker network create back",
    _docker("web", "8080:80", "5353:53/udp", options="--restart always"),
    _docker("api", "127.0.0.1:8081:80", "198.51.100.11:8082:80", options=_BACK),
    _docker("db", options=_BACK),
)
_DOCKER_SIX = (
    "docker network create --ipv6 --subnet fd00:92::/64 back",
    _docker("web", "8080:80", "5353:53/udp", options=_BACK),
    _docker("db", options=_BACK),
)
_DOCKER_NETWORKS = (
    "docker network create back",
    "docker network create --internal inner",
    "docker network create -o com.docker.network.bridge.enable_icc=false apart",
    f"docker network create -d macvlan {_ON_LAN} lan",
    _docker("web", "8080:80", "5353:53/udp", options=_BACK),
    "docker network connect inner web",
    _docker("api", "8081:80", options="--network apart"),
    _docker("job", options="--network apart"),
    _docker("db", options="--network inner"),
    _docker("cam", options="--network lan"),
)
