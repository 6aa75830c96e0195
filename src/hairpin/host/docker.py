"""A container engine, its containers and its networks, as it reports them.

Source: Docker Engine API (docker inspect), podman inspect
"""

import shlex
from typing import Literal

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.host.swarm import SwarmService


class PortBinding(msgspec.Struct, frozen=True):
    """A published port.  ``host_ip`` None: every address of its version.  ``actual`` False: asked for in HostConfig but
    not in effect (container not running, host network, internal network)."""

    protocol: Literal["tcp", "udp", "sctp"]
    container_port: int
    host_port: int
    host_ip: int | None = None
    version: Literal[4, 6] = 4
    actual: bool = True


class Endpoint(msgspec.Struct, frozen=True):
    """A container's attachment to a network.  Addresses are None when it has none (stopped, or v4 only)."""

    network: str
    network_id: str = ""
    ipv4: int | None = None
    ipv4_prefix_length: int = 0
    ipv6: int | None = None
    ipv6_prefix_length: int = 0
    gateway4: int | None = None
    gateway6: int | None = None
    mac: int | None = None
    aliases: tuple[str, ...] = ()
    fixed4: int | None = None
    """The address that its options chose (``--ip``), which each start gives it again; None: any free one."""
    fixed6: int | None = None


SWARM_BRIDGE = "docker_gwbridge"
"""The network by which swarm gives a container that is only on overlay networks its way to the outside."""
STACKED = ("macvlan", "ipvlan")
"""The drivers of networks whose containers' links are stacked on a link of the host."""
_SHARED = ("host", "container")
"""Modes in which a container uses another container's network."""


class Container(msgspec.Struct, frozen=True):
    """One container.  ``status``: created running paused restarting exited dead.  ``netns`` is its namespace's name in
    ``Host.namespaces`` (None: not running, or not readable).  ``network_mode``: default bridge host none container:ID
    NAME.  ``service``: its service in a compose file or a swarm."""

    id: str
    name: str
    status: str
    network_mode: str = "default"
    pid: int | None = None
    image: str = ""
    exit_code: int | None = None
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    oom_killed: bool = False
    restart_count: int = 0
    """How often its engine has restarted it since a person started it."""
    health: str = ""
    """The state of its health check: starting healthy unhealthy; empty: it has none."""
    bindings: tuple[PortBinding, ...] = ()
    exposed: tuple[tuple[str, int], ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    restart_policy: str = "no"
    network_disabled: bool = False
    """Whether Docker has disabled its network for good, as a start under ``bridge=none`` does."""
    dns: tuple[str, ...] = ()
    service: str = ""
    project: str = ""
    """Its Compose project; empty: none."""
    unit: str = ""
    """The systemd unit that runs it, as Podman labels it: from a quadlet, or from `podman generate systemd`."""
    is_task: bool = False
    """Whether it is a task of a swarm service."""
    resolvers: tuple[str, ...] | None = None
    """The name servers of its own resolv.conf; None: the file was not read."""
    extra_names: tuple[str, ...] = ()
    """Names that only this container resolves, from its /etc/hosts or links: --add-host, --link."""
    netns: str | None = None
    left_unread: str | None = None
    """The name of its namespace if that was not read, because the question did not need it."""
    evidence: str = ""

    @property
    def running(self) -> bool:
        """Whether its processes and its network namespace exist: yes while paused, no between two restarts."""
        return self.status in ("running", "paused")

    @property
    def starts_with_daemon(self) -> bool:
        """Whether dockerd starts it at its own start."""
        return self.restart_policy in ("always", "unless-stopped")

    @property
    def service_names(self) -> tuple[str, ...]:
        """Its service's names.  A swarm's resolver answers the service's name with its virtual address, and
        ``tasks.NAME`` with those of the tasks.

        Source: moby libnetwork/service_common.go addServiceBinding()"""
        of_swarm = (f"tasks.{self.service}",) if self.is_task else ()
        return (self.service, *of_swarm) if self.service else ()

    @property
    def is_disconnected(self) -> bool:
        """Whether the running container was disconnected from its last network."""
        return self.running and self.has_lost_networks

    @property
    def has_lost_networks(self) -> bool:
        """Whether the container is on no network, though it was created for a network of its engine."""
        return not self.endpoints and self.network_mode.partition(":")[0] not in ("none", *_SHARED)

    @property
    def on_host_network(self) -> bool:
        """Whether its processes run in the namespace that is examined as the host."""
        return self.netns == HOST


class Subnet(msgspec.Struct, frozen=True):
    """One IPAM block of a network."""

    version: Literal[4, 6]
    network: int
    prefix_length: int
    gateway: int | None = None
    part: tuple[int, int] | None = None
    """The network and prefix length from which the engine assigns container addresses: ``--ip-range``; None: the whole
    subnet."""


class DockerNetwork(msgspec.Struct, frozen=True):
    """One network.  ``bridge`` is its link's name when the driver is bridge.  ``options`` as the API gives them."""

    id: str
    name: str
    driver: str
    scope: str = "local"
    internal: bool = False
    ipv6: bool = False
    ingress: bool = False
    ingress_sandbox: int | None = None
    """The IPv4 address, on this network, of dockerd's namespace for published ports of swarm services."""
    gateways: tuple[tuple[str, Endpoint], ...] = ()
    """For swarm's bridge: the ids of the containers on it and their endpoints.  The containers themselves do not list
    them."""
    subnets: tuple[Subnet, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    bridge: str | None = None
    project: str = ""
    """The Compose project that made it; empty: none."""
    dns_enabled: bool | None = None
    """For Podman: whether aardvark-dns serves the network; None: it did not say."""
    created: str = ""
    """When Docker made it, by RFC 3339.  dockerd makes its default network again at each start without live
    containers."""
    evidence: str = ""

    def option(self, name: str) -> str | None:
        """Return the driver option's value, or None."""
        return dict(self.options).get(name)

    @property
    def mtu_bytes(self) -> int | None:
        """The MTU option of the network; None: it has none.  Docker's, else Podman's option."""
        text = self.option("com.docker.network.driver.mtu") or self.option("mtu") or ""
        return int(text) if text.isdecimal() and int(text) else None

    def gives_bridge_an_address(self, version: Literal[4, 6]) -> bool:
        """Return whether the bridge has the gateway's address; with ``inhibit_ipv4`` another machine is the IPv4
        gateway.  Source: moby libnetwork/drivers/bridge/setup_ipv4_linux.go"""
        return version == 6 or not is_true(self.option("com.docker.network.bridge.inhibit_ipv4"), otherwise=False)

    def is_routed(self, version: Literal[4, 6]) -> bool:
        """Return whether the network is routed: routers have a route to it, and nothing masquerades it. Source: moby
        libnetwork/drivers/bridge/bridge_linux.go, gateway modes"""
        return self.option(f"com.docker.network.bridge.gateway_mode_ipv{version}") == "routed"


_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def is_true(text: str | None, *, otherwise: bool) -> bool:
    """Return the option as Docker reads it (Go's strconv.ParseBool), or ``otherwise`` when it is not given."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return otherwise


Tool = Literal["docker", "podman"]
"""The command of an engine."""


class Contact(msgspec.Struct, frozen=True):
    """How an engine answered the collector.

    ``endpoint``: its API socket; empty: none was found.  ``state``: it ``answers``; or it is ``hung`` (no answer within
    the time limit), ``stopped`` (no process of it runs), ``unreachable`` (it runs or may run, but cannot be asked from
    here) or ``unreadable`` (no permission).  ``answered_ms``: how long its version took.

    ``named``: ``DOCKER_HOST`` or ``docker context NAME``, which named the endpoint; empty: hairpin found it.
    ``halted``: processes of the engine that a signal has stopped, by id and name.  ``asked`` False: the endpoint cannot
    be asked from here, for example another machine's."""

    kind: Tool
    endpoint: str
    state: Literal["answers", "hung", "stopped", "unreachable", "unreadable"]
    answered_ms: int | None = None
    named: str = ""
    halted: tuple[tuple[int, str], ...] = ()
    asked: bool = True


class Boot(msgspec.Struct, frozen=True):
    """How a stopped daemon is started.  ``enabled``: files that start it at boot.  ``flags``: from its unit.  ``log``:
    its last lines."""

    by: Literal["systemd", "sysvinit", "openrc", "snap", ""] = ""
    enabled: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()
    file: tuple[str, ...] = ()
    """The options in daemon.json."""
    malformed: bool = False
    config: str = "/etc/docker/daemon.json"
    log: tuple[str, ...] = ()
    evidence: str = ""
    traces: tuple[str, ...] = ()
    """Readings that show why it does not run."""


class MeshPort(msgspec.Struct, frozen=True):
    """A port that a swarm's service publishes on each node (the routing mesh)."""

    protocol: Literal["tcp", "udp"]
    port: int


class Engine(msgspec.Struct, frozen=True):
    """A container engine on this host.

    An option is None if neither a flag nor daemon.json nor the API has it.  Its default then depends on the engine's
    version: ``hairpin.engines``.
    """

    kind: Tool
    version: str
    running: bool = True
    containers: tuple[Container, ...] = ()
    networks: tuple[DockerNetwork, ...] = ()
    iptables: bool | None = None
    ip6tables: bool | None = None
    ip_forward: bool | None = None
    ip_masq: bool | None = None
    icc: bool | None = None
    userland_proxy: bool | None = None
    firewall_backend: str | None = None
    default_ip: int | None = None
    bridge_name: str | None = None
    live_restore: bool | None = None
    allow_direct_routing: bool | None = None
    rootless: bool = False
    stored: bool = False
    """Whether containers and networks come from the engine's own files, because the engine did not answer."""
    boot: Boot | None = None
    """How to start it; None: it runs."""
    user: str = ""
    """The user whose containers they are, if it is not the user who reads the host."""
    address_pools: tuple[tuple[int, int, int], ...] = ()
    """The configured IPv4 pools for networks: each a block, and the prefix length of its networks; empty: the
    defaults."""
    mesh: tuple[MeshPort, ...] = ()
    """Ports of swarm services that this node accepts."""
    services: tuple[SwarmService, ...] | None = None
    """All services of the swarm, if this node is a manager and lists them; else None."""
    network_backend: str | None = None
    """For Podman: ``netavark`` or ``cni``; None: it did not say."""
    network_version: str = ""
    evidence: str = ""

    def command(self, *words: str) -> str:
        """Return the engine's command as root types it: for another user's containers, it runs as that user."""
        line = shlex.join((self.kind, *words))
        return f"runuser -l {self.user} -c {shlex.quote(line)}" if self.user else line

    @property
    def title(self) -> str:
        """The engine's name in sentences."""
        return self.kind.capitalize()

    def network_names(self, container: Container) -> frozenset[str]:
        """Return the names of the container's present or future networks."""
        names = frozenset(each.network for each in container.endpoints) or frozenset({container.network_mode})
        return frozenset({self.default_network}) if names & {"default", "bridge"} else names

    def network(self, name: str) -> DockerNetwork | None:
        """Return the network of that name, or None."""
        return next((each for each in self.networks if each.name == name), None)

    def with_container(self, changed: Container) -> "Engine":
        """Return the engine in which the container of that id is replaced."""
        containers = tuple(changed if each.id == changed.id else each for each in self.containers)
        return msgspec.structs.replace(self, containers=containers)

    def endpoints_of(self, container: Container) -> tuple[Endpoint, ...]:
        """Return the container's endpoints, including the one on swarm's bridge."""
        told = {each.network for each in container.endpoints}
        own = (end for network in self.networks for owner, end in network.gateways if owner == container.id)
        return (*container.endpoints, *(each for each in own if each.network not in told))

    def bridge_network(self, container: Container) -> DockerNetwork | None:
        """Return the first bridge network of the container, present or future."""
        names = self.network_names(container)
        return next((each for each in self.networks if each.name in names and each.driver == "bridge"), None)

    @property
    def default_network(self) -> str:
        """The network of a container that is created without naming one."""
        return "bridge" if self.kind == "docker" else "podman"

    def starts_unconnected(self, container: Container) -> bool:
        """Return whether a start connects the stopped container to no network, because it was disconnected from its
        last one.

        Docker keeps the networks of a stopped container in its list.  Podman's rootless containers have an empty list
        whether they run or not.  Measured with Docker 20.10.24, Podman 4.3"""
        return self.kind == "docker" and not container.running and container.has_lost_networks

    def leaves_unconnected(self, container: Container) -> bool:
        """Return whether the container runs without a network because dockerd was told to make no default one.

        Its network is disabled: no later connection gives it an interface. Source: moby daemon/container_operations.go
        connectToNetwork(), DisableBridge; measured with 20.10.24"""
        made_none = self.bridge_name == "none" and self.network(self.default_network) is None
        meant = self.kind == "docker" and container.network_mode in ("default", self.default_network)
        held = any(each.ipv4 is not None or each.ipv6 is not None for each in container.endpoints)
        return self.running and made_none and meant and container.running and not held

    def masquerades(self, network: DockerNetwork) -> bool:
        """Return whether the options of this bridge network ask for masquerading.

        A daemon's ``--ip-masq`` applies only to its default network.  A daemon without iptables sets it to "false"
        itself, so then it does not show the administrator's wish (moby: daemon/daemon.go verifyDaemonSettings()).
        """
        default = is_true(network.option("com.docker.network.bridge.default_bridge"), otherwise=False)
        if default and self.iptables is False and self.ip_masq is not False:
            return True
        asked = network.option("com.docker.network.bridge.enable_ip_masquerade")
        return is_true(asked, otherwise=not (default and self.ip_masq is False))
