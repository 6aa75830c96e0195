"""A container engine, its containers and its networks, as the engine reports them.

Source: Docker Engine API (docker inspect), podman inspect"""

import shlex
from typing import Annotated, Literal

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.field import of
from hairpin.host.boot.containers_conf import ConfLine
from hairpin.host.boot.daemon_start import Boot, is_true
from hairpin.host.contact import TRAITS, EngineTraits, Tool
from hairpin.host.swarm import MeshPort, SwarmService
from hairpin.netfilter.address import Prefix, Version, inside


class PortBinding(msgspec.Struct, frozen=True):
    """A published port.  ``host_ip``: None for every address of the IP version.  ``actual``: False if HostConfig asks
    for the port, but the port is not in effect (container not running, host network, internal network).
    ``by_default``: whether the container's options name no address.  If ``by_default`` is true, ``host_ip`` is the
    default address of the engine or network."""

    protocol: Literal["tcp", "udp", "sctp"]
    container_port: Annotated[int, of("port")]
    host_port: Annotated[int, of("port")]
    host_ip: Annotated[int | None, of("address")] = None
    version: Literal[4, 6] = 4
    actual: bool = True
    by_default: bool = False


class PinnedName(msgspec.Struct, frozen=True):
    """A name in a container's /etc/hosts: from the container's options, or from the file itself.  ``address``: None for
    ``host-gateway``, for which the engine chooses an address of the host."""

    name: Annotated[str, of("name")]
    version: Literal[4, 6] = 4
    address: Annotated[int | None, of("address")] = None


class Endpoint(msgspec.Struct, frozen=True):
    """A container's attachment to a network.  An address is None if the container does not have it."""

    network: str
    network_id: str = ""
    ipv4: Annotated[int | None, of("address", lasts=False)] = None
    ipv4_prefix_length: int = 0
    ipv6: Annotated[int | None, of("address", lasts=False)] = None
    ipv6_prefix_length: int = 0
    gateway4: Annotated[int | None, of(lasts=False)] = None
    gateway6: Annotated[int | None, of(lasts=False)] = None
    mac: Annotated[int | None, of("mac", lasts=False)] = None
    aliases: Annotated[tuple[str, ...], of("name")] = ()
    fixed4: Annotated[int | None, of("address")] = None
    """The address that the container's options choose (``--ip``), at each start; None if the engine chooses one."""
    fixed6: Annotated[int | None, of("address")] = None


SWARM_BRIDGE = "docker_gwbridge"
"""The network through which swarm lets a container that is only on overlay networks reach the outside."""
STACKED = ("macvlan", "ipvlan")
"""The drivers of networks whose containers' links are stacked on a link of the host."""
MASQUERADES = "com.docker.network.bridge.enable_ip_masquerade"
"""The option by which a bridge network's containers are masqueraded.  CNI's ``ipMasq`` is read as this option."""
_USER_STACKS = ("slirp4netns", "pasta")
"""Modes in which a process of the user is the container's network.  In these modes the engine lists no network."""


def is_engine_time(text: str | None) -> bool:
    """Return whether the text of an engine is a time.  Engines write the year 1 if there is no time."""
    return bool(text) and not str(text).startswith("0001-")


class Container(msgspec.Struct, frozen=True):
    """One container.  ``status``: created, running, paused, restarting, exited or dead.  ``netns``: the name of the
    container's namespace in ``Host.namespaces``; None if the container does not run, or if the namespace could not be
    read.  ``network_mode``: default, bridge, host, none, container:ID or a network's name.  ``service``: the
    container's service in a compose file or a swarm.  ``pod``: of Podman's infra container the name of its pod."""

    id: Annotated[str, of("id")]
    name: Annotated[str, of("name")]
    status: str
    network_mode: str = "default"
    pid: Annotated[int | None, of(walked=False, lasts=False)] = None
    image: Annotated[str, of(walked=False)] = ""
    exit_code: Annotated[int | None, of(walked=False, lasts=False)] = None
    created: Annotated[str, of(walked=False)] = ""
    error: Annotated[str, of(walked=False)] = ""
    started_at: Annotated[str, of(walked=False)] = ""
    finished_at: Annotated[str, of(walked=False, lasts=False)] = ""
    oom_killed: Annotated[bool, of(walked=False)] = False
    restart_count: Annotated[int, of(walked=False)] = 0
    """How often the engine has restarted the container since a person started it."""
    health: Annotated[str, of(walked=False)] = ""
    checked: Annotated[tuple[str, ...], of(walked=False)] = ()
    on_unhealthy: Annotated[str, of(walked=False)] = ""
    """A health check's state (starting, healthy, unhealthy), its URLs if it fails, what Podman then does (stop …)."""
    bindings: tuple[PortBinding, ...] = ()
    exposed: Annotated[tuple[tuple[str, int], ...], of(walked=False)] = ()
    endpoints: tuple[Endpoint, ...] = ()
    restart_policy: Annotated[str, of(walked=False)] = "no"
    network_disabled: bool = False
    """Whether Docker has disabled the container's network, because it started while ``bridge=none`` was set."""
    dns: tuple[str, ...] = ()
    service: Annotated[str, of("name")] = ""
    project: Annotated[str, of(walked=False)] = ""
    depends_on: Annotated[tuple[str, ...], of("name", walked=False)] = ()
    is_one_off: Annotated[bool, of(walked=False)] = False
    """Its Compose project, the services that its own names in ``depends_on``, and whether ``compose run`` made it."""
    pod: str = ""
    unit: Annotated[str, of(walked=False)] = ""
    """The systemd unit that runs the container (from a quadlet or `podman generate systemd`), by a label of Podman."""
    is_task: bool = False
    """Whether the container is a task of a swarm service."""
    resolvers: tuple[str, ...] | None = None
    """The name servers in the container's resolv.conf; None if the file was not read."""
    resolvers_written: Annotated[int | None, of(walked=False)] = None
    """When the engine last wrote its own resolv.conf (epoch); None for a mounted file, or if it names the resolver."""
    upstreams: tuple[str, ...] | None = None
    """The servers to which Docker's resolver forwards; ``host(ADDRESS)``: from the host's namespace."""
    upstreams_changed: Annotated[int | None, of(walked=False)] = None
    """When the host last changed resolv.conf, in seconds since the epoch, if ``upstreams`` is unknown."""
    extra_names: Annotated[tuple[str, ...], of("name")] = ()
    """Names that only this container resolves, from its options --add-host and --link."""
    pinned: tuple[PinnedName, ...] = ()
    """The names in ``extra_names`` that --add-host pins to an address."""
    linked_names: tuple[str, ...] = ()
    """The names in ``extra_names`` that --link gives: the linked container's, and the alias."""
    hosts_entries: tuple[PinnedName, ...] | None = None
    """The present entries of the container's own /etc/hosts, by any program; None if the file was not read."""
    netns: Annotated[str | None, of("netns", lasts=False)] = None
    left_unread: Annotated[str | None, of("netns")] = None
    """The name of the container's namespace, if it was not read because the question did not need it."""
    evidence: str = ""

    @property
    def running(self) -> bool:
        """Whether the container's processes and its namespace exist: also while it is paused, not between restarts."""
        return self.status in ("running", "paused")

    @property
    def has_unknown_end(self) -> bool:
        """Whether nothing tells how the container ended, as after a boot or in a simulated event.  If a person had
        stopped the container, its engine would know."""
        return self.exit_code is None and not is_engine_time(self.finished_at)

    @property
    def starts_with_daemon(self) -> bool:
        """Whether dockerd starts the container at its own start, when a swarm gives each running task a new one."""
        return self.restart_policy in ("always", "unless-stopped") or (self.is_task and self.running)

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names of the container's service.  A swarm's resolver answers the service's name with the service's
        virtual address, and ``tasks.NAME`` with the addresses of the tasks (moby libnetwork/service_common.go)."""
        of_swarm = (f"tasks.{self.service}",) if self.is_task else ()
        return (self.service, *of_swarm) if self.service else ()

    @property
    def mode(self) -> str:
        """The first word of ``network_mode``: ``container`` of ``container:ID``, ``pasta`` of ``pasta:OPTIONS``."""
        return self.network_mode.partition(":")[0]

    @property
    def joined(self) -> str:
        """The id or name of the container whose network namespace this container was made to use; empty if none."""
        mode, _, known = self.network_mode.partition(":")
        return known if mode == "container" else ""

    def joins(self, other: "Container") -> bool:
        """Return whether this container was made to use the network namespace of the other one."""
        return bool(self.joined) and (other.name == self.joined or other.id.startswith(self.joined))

    @property
    def is_disconnected(self) -> bool:
        """Whether the running container was disconnected from its last network."""
        return self.running and self.has_lost_networks

    @property
    def has_lost_networks(self) -> bool:
        """Whether the container is on no network although it was created for a network of its engine."""
        return not self.endpoints and self.mode not in ("none", "host", "container") and not self.by_user_stack

    @property
    def by_user_stack(self) -> bool:
        """Whether a user's process is the container's network.  For such a container the engine lists no network."""
        return not self.endpoints and self.mode in _USER_STACKS

    @property
    def on_host_network(self) -> bool:
        """Whether the container's processes run in the namespace that is examined as the host."""
        return self.netns == HOST


class Subnet(msgspec.Struct, frozen=True):
    """One IPAM block of a network."""

    version: Literal[4, 6]
    network: int
    prefix_length: int
    gateway: int | None = None
    part: tuple[int, int] | None = None
    """The part of the subnet from which the engine assigns container addresses (``--ip-range``), as network and prefix
    length; None if the engine uses the whole subnet."""

    @property
    def prefix(self) -> Prefix:
        """The subnet's addresses."""
        return Prefix(self.version, self.network, self.prefix_length)

    def holds(self, value: int, version: Version) -> bool:
        """Return whether the address is in the subnet."""
        return version == self.version and inside(value, self.network, self.prefix_length, version)


class Conflist(msgspec.Struct, frozen=True):
    """The file that defines a network of CNI.  ``plugins``: the types of its plugins, and of their address managers."""

    path: str
    plugins: frozenset[str] = frozenset()
    evidence: str = ""


class DockerNetwork(msgspec.Struct, frozen=True):
    """One network.  ``bridge``: the name of the network's link if the driver is ``bridge``.  ``options``: the driver
    options as the API gives them."""

    id: str
    name: str
    driver: str
    scope: str = "local"
    internal: bool = False
    ipv6: bool = False
    ingress: bool = False
    ingress_sandbox: int | None = None
    """The IPv4 address, on this network, of the namespace that dockerd made for published ports of swarm services."""
    gateways: tuple[tuple[str, Endpoint], ...] = ()
    """For swarm's bridge: the ids of its containers, and their endpoints, which the containers do not list."""
    subnets: tuple[Subnet, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    bridge: str | None = None
    project: Annotated[str, of(walked=False)] = ""
    """The Compose project that made the network; empty if none did."""
    dns_enabled: bool | None = None
    """For Podman: whether aardvark-dns serves the network; None if Podman did not say."""
    conflist: Conflist | None = None
    """For Podman with CNI: the network's file; None if its plugins were not read."""
    created: Annotated[str, of(walked=False)] = ""
    """When Docker made the network (RFC 3339).  A dockerd that starts without containers makes its default one anew."""
    evidence: str = ""

    def has_plugin(self, plugin: str) -> bool:
        """Return whether CNI runs the plugin for the network's containers; True if the network's CNI file was not
        read."""
        return self.conflist is None or plugin in self.conflist.plugins

    def option(self, name: str) -> str | None:
        """Return the value of a driver option; None if the option is not given."""
        return dict(self.options).get(name)

    @property
    def mtu_bytes(self) -> int | None:
        """The MTU from the network's options (Docker's option, or else Podman's); None if neither is given."""
        text = self.option("com.docker.network.driver.mtu") or self.option("mtu") or ""
        return int(text) if text.isdecimal() and int(text) else None

    def gives_bridge_an_address(self, version: Literal[4, 6]) -> bool:
        """Return whether the bridge has the gateway's address; with the option ``inhibit_ipv4`` another machine is the
        IPv4 gateway.  Source: moby libnetwork/drivers/bridge/setup_ipv4_linux.go"""
        given_away = is_true(self.option("com.docker.network.bridge.inhibit_ipv4"), otherwise=False)
        return self.gateway_mode(version) != "isolated" and (version == 6 or not given_away)

    def gateway_mode(self, version: Literal[4, 6]) -> str:
        """Return the gateway mode; empty for the default.  ``routed``: routers have a route to the network, and nothing
        masquerades its packets.  ``isolated``: its bridge has no address (moby drivers/bridge/bridge_linux.go)."""
        return self.option(f"com.docker.network.bridge.gateway_mode_ipv{version}") or ""


class Engine(msgspec.Struct, frozen=True):
    """A container engine on this host.  An option that no flag, file or API gives is None; see ``hairpin.engines``."""

    kind: Annotated[Tool, of(diff="never")]
    version: Annotated[str, of(diff="never")]
    running: bool = True
    containers: Annotated[tuple[Container, ...], of(walked=False, diff="never")] = ()
    networks: Annotated[tuple[DockerNetwork, ...], of(diff="never")] = ()
    iptables: bool | None = None
    ip6tables: bool | None = None
    ip_forward: bool | None = None
    ip_forward_no_drop: bool | None = None
    ip_masq: bool | None = None
    icc: bool | None = None
    userland_proxy: bool | None = None
    firewall_backend: str | None = None
    default_ip: Annotated[int | None, of("address")] = None
    dns: tuple[str, ...] = ()
    """The daemon's name servers for containers whose options name no server."""
    host_gateway: Annotated[int | None, of("address")] = None
    """The IPv4 address that the engine's option gives to ``host-gateway``; None for the default bridge's address."""
    bridge_name: str | None = None
    live_restore: bool | None = None
    allow_direct_routing: bool | None = None
    rootless: bool = False
    stored: bool = False
    """Whether containers and networks come from the engine's own files, because the engine did not answer."""
    boot: Annotated[Boot | None, of(walked=False, diff="never")] = None
    """How the stopped engine is started; None if the engine runs."""
    user: str = ""
    """The user who owns the engine's containers, if this is not the user who reads the host; ``uid``: its id."""
    uid: Annotated[int, of(diff="never")] = 0
    lingers: bool | None = None
    """Whether logind keeps the processes of ``user`` after the last logout; None if it is not known."""
    address_pools: tuple[tuple[int, int, int], ...] = ()
    """The configured IPv4 address pools for networks: the block of each pool, and the prefix length of networks from
    it; empty for the default pools."""
    mesh: Annotated[tuple[MeshPort, ...], of(diff="never")] = ()
    """The published ports of swarm services on which this node accepts connections."""
    services: Annotated[tuple[SwarmService, ...] | None, of(diff="never")] = None
    """All services of the swarm; None unless this node is a manager and lists them."""
    network_backend: str | None = None
    """For Podman: ``netavark`` or ``cni``; None if Podman did not say."""
    network_version: str = ""
    conf: Annotated[tuple[ConfLine, ...], of(walked=False, diff="never")] = ()
    has_resolver: Annotated[bool | None, of(walked=False)] = None
    """For Podman: whether it finds the program of its networks' name server; None if it did not say."""
    network_stack: str | None = None
    """For a rootless engine: the program that carries the packets of its own networks (``pasta``, ``slirp4netns``) out
    of their namespace; empty if none runs; None if this is not known."""
    evidence: str = ""

    def command(self, *words: str) -> str:
        """Return the engine's command as root types it, also for the containers of another user."""
        if self.user and self.kind == "docker":  # it does not find a user's dockerd by itself
            return shlex.join(("docker", "-H", f"unix:///run/user/{self.uid}/docker.sock", *words))
        line = shlex.join((self.kind, *words))
        return f"runuser -l {self.user} -c {shlex.quote(line)}" if self.user else line

    @property
    def traits(self) -> EngineTraits:
        """The facts in which kinds of engines differ."""
        return TRAITS[self.kind]

    @property
    def title(self) -> str:
        """The engine's name as it is written in sentences."""
        return self.kind.capitalize()

    def network_names(self, container: Container) -> frozenset[str]:
        """Return the names of the networks on which the container is, or on which it will be when it starts."""
        names = frozenset(each.network for each in container.endpoints) or frozenset({container.network_mode})
        return frozenset({self.traits.default_network}) if names & {"default", "bridge"} else names

    def network(self, name: str) -> DockerNetwork | None:
        """Return the network with this name; None if there is none."""
        return next((each for each in self.networks if each.name == name), None)

    def with_container(self, changed: Container) -> "Engine":
        """Return the engine in which ``changed`` replaces the container with the same id."""
        containers = tuple(changed if each.id == changed.id else each for each in self.containers)
        return msgspec.structs.replace(self, containers=containers)

    def endpoints_of(self, container: Container) -> tuple[Endpoint, ...]:
        """Return the container's endpoints, including its endpoint on swarm's bridge."""
        told = {each.network for each in container.endpoints}
        own = (end for network in self.networks for owner, end in network.gateways if owner == container.id)
        return (*container.endpoints, *(each for each in own if each.network not in told))

    def bridge_network(self, container: Container) -> DockerNetwork | None:
        """Return the first bridge network on which the container is, or on which it will be when it starts; None if
        there is none."""
        names = self.network_names(container)
        return next((each for each in self.networks if each.name in names and each.driver == "bridge"), None)

    def starts_unconnected(self, container: Container) -> bool:
        """Return whether the stopped container was disconnected from its last network, and will start without one.
        Docker still lists its networks; Podman lists none of a rootless one.  Measured with Docker 20.10, Podman 4.3"""
        return self.kind == "docker" and not container.running and container.has_lost_networks

    def leaves_unconnected(self, container: Container) -> bool:
        """Return whether the container runs without a network because dockerd's options say that dockerd makes no
        default network.

        The network of such a container is disabled: connecting it to a network later gives it no interface.  Source:
        moby daemon/container_operations.go connectToNetwork(), DisableBridge; measured with 20.10.24"""
        made_none = self.bridge_name == "none" and self.network(self.traits.default_network) is None
        meant = self.kind == "docker" and container.network_mode in ("default", self.traits.default_network)
        held = any(each.ipv4 is not None or each.ipv6 is not None for each in container.endpoints)
        return self.running and made_none and meant and container.running and not held

    def masquerades(self, network: DockerNetwork) -> bool:
        """Return whether the options of this bridge network ask for masquerading.  dockerd's ``--ip-masq`` applies only
        to its default network.  With ``iptables=false``, dockerd itself sets its network's option to "false", so then
        this option does not show what the administrator wants (moby: daemon/daemon.go verifyDaemonSettings())."""
        default = is_true(network.option("com.docker.network.bridge.default_bridge"), otherwise=False)
        if default and self.iptables is False and self.ip_masq is not False:
            return True
        asked = network.option(MASQUERADES)
        return is_true(asked, otherwise=not (default and self.ip_masq is False))
