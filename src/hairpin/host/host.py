"""One host: its namespaces, its engines, its managers.  ``host/read/parse.py`` makes a host from evidence."""

from typing import Annotated

import msgspec

from hairpin.door import CLOSED, Door, Observation
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.field import of
from hairpin.host.compose import ComposeService
from hairpin.host.contact import Contact, EngineBeside, Tool
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding
from hairpin.host.floating import FloatingAddress
from hairpin.host.idle import IdleContainer
from hairpin.host.limit_state import Counters, LimitState
from hairpin.host.link import Address, Link
from hairpin.host.managers import (
    CloudAddress,
    ConfigFile,
    Firewalld,
    Guest,
    GuestNetwork,
    NamedGuest,
    ScriptLine,
    Ufw,
    Unit,
    Version,
)
from hairpin.host.netns import Netns
from hairpin.host.plan_under_way import PlanUnderWay
from hairpin.host.quadlet import Quadlet
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Redirect, Route
from hairpin.host.rule_tools import RuleTools
from hairpin.host.socket import Socket, VirtualService
from hairpin.host.swarm import SwarmService
from hairpin.host.sysctl import Path, Sysctls
from hairpin.host.xfrm import XfrmPolicy
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter.address import parse_address
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.packet import Connection


class Namespace(msgspec.Struct, frozen=True, dict=True):
    """A network namespace.  ``name``: ``host`` or ``container:NAME``.

    ``unread``: the evidence keys that could not be read (no permission).  The keys in ``unread`` distinguish "rules
    unknown" from "no rule".
    """

    name: Annotated[str, of("netns", order="own")]
    links: Annotated[tuple[Link, ...], of(order="kept")] = ()
    addresses: Annotated[tuple[Address, ...], of(order="kept")] = ()
    routes: Annotated[tuple[Route, ...], of(order="kept")] = ()
    rules: Annotated[tuple[PolicyRule, ...], of(order="kept")] = ()
    neighbours: Annotated[tuple[Neighbour, ...], of(order="any", diff="learned", lasts=False)] = ()
    fdb: Annotated[tuple[FdbEntry, ...], of(order="any", diff="learned", lasts=False)] = ()
    sysctls: Annotated[Sysctls, of(order="own")] = Sysctls(values={})
    sockets: Annotated[tuple[Socket, ...], of(order="any")] = ()
    connections: Annotated[tuple[Connection, ...], of(order="own", diff="learned", lasts=False)] = ()
    virtual_services: Annotated[tuple[VirtualService, ...], of(order="kept", diff="learned", lasts=False)] = ()
    xfrm_policies: Annotated[tuple[XfrmPolicy, ...], of(order="kept", diff="learned", lasts=False)] = ()
    redirects: Annotated[tuple[Redirect, ...], of(diff="learned", lasts=False)] = ()
    limits: Annotated[LimitState, of(order="own", diff="learned", lasts=False)] = LimitState()
    counters: Annotated[Counters, of(diff="learned", lasts=False)] = Counters()
    queues: Annotated[frozenset[int] | None, of(diff="learned")] = None
    """The numbers of the NFQUEUE queues from which a program reads packets; None if they were not read."""
    ruleset: Annotated[Ruleset, of(order="own", lasts=False)] = Ruleset()
    now_s: Annotated[int | None, of(diff="never")] = None
    """The moment of the reading, in seconds since 1970.  None if no rule depends on the time, or if the moment is not
    known."""
    netnsids: Annotated[tuple[tuple[int, str], ...], of(diff="never")] = ()
    """The ids (``Link.peer_netnsid``) by which this namespace refers to other namespaces, each with the name of the
    other namespace.  Ids that the kernel did not show are missing."""
    kernel: Annotated[str, of(diff="never")] = ""
    """The release of the host's kernel (``uname -r``): see host/kernel_release.py."""
    unread: Annotated[tuple[str, ...], of(diff="never")] = ()
    door: Annotated[Door, of(order="own")] = CLOSED
    """The object through which a walk in this namespace gets its observers and choices.  The door is ``CLOSED`` if the
    namespace comes from a reading."""

    def link(self, name: str) -> Link | None:
        """Return the link with this name; None if there is none."""
        return _by_name(self).get(name)

    def sysctl(self, *path: str) -> int | None:
        """Return the sysctl as a number, None if it is absent or not a number.  Observers of the walk are told which
        sysctl was read."""
        value = self.sysctls.number(*path)
        if self.door.observer is not None:
            self.door.observer.observe(SysctlRead(self.name, path, value))
        return value


@kept
def _by_name(namespace: Namespace) -> dict[str, Link]:
    """Return the links by name.  The index of links is kept, because each step of a walk looks up a link, and a host
    with 200 containers has 400 links."""
    return {link.name: link for link in reversed(namespace.links)}


class SysctlRead(Observation, frozen=True, gc=False):
    """A walk has read a namespace's sysctl.  ``value``: None if the sysctl was not in the readings."""

    netns: str
    path: Path
    value: int | None


class Unread(msgspec.Struct, frozen=True):
    """A reading that could not be made: its evidence key, its namespace, the reason, and the reading that shows the
    failure.

    ``reason``: a message, or an error text from the host.  ``key``: ``host`` if no part of the host could be read.
    ``host``: the host's label.  ``lacking``: the capabilities that the reading needs and that hairpin's container
    lacks.
    """

    key: str
    netns: str
    origin: str
    reason: Message | str
    evidence: str
    host: str = ""
    lacking: tuple[str, ...] = ()


_INFRA = "-infra"
"""The end of the name of the container that holds a pod's network.  Source: podman libpod/runtime_pod_infra_linux.go"""


class Host(msgspec.Struct, frozen=True, dict=True):
    """All facts that hairpin knows about one host.  ``name``: the host's label, which is unique among the hosts of a
    network.

    ``machine_id`` (from /etc/machine-id) and ``boot_id`` (random at each boot of the kernel) distinguish machines.
    """

    name: str
    kernel: str = ""
    taken_at: str = ""
    snapshot_id: str = ""
    machine_id: str | None = None
    boot_id: str | None = None
    namespaces: tuple[Namespace, ...] = ()
    engines: tuple[Engine, ...] = ()
    contacts: tuple[Contact, ...] = ()
    """The contact to each engine of the host."""
    beside: tuple[EngineBeside, ...] = ()
    """Daemons that the collector did not ask, because it asked another daemon of the same kind.  The containers of
    these daemons are not in ``engines``."""
    idle: tuple[IdleContainer, ...] = ()
    """Rootless containers of users for whom no engine runs.  These containers are not in ``engines``."""
    quadlets: tuple[Quadlet, ...] = ()
    """The files of which Podman's generator makes units, with the states of these units."""
    compose: tuple[ComposeService, ...] = ()
    """What the Compose files of the containers' projects say about the network of each service."""
    firewalld: Firewalld | None = None
    ufw: Ufw | None = None
    units: tuple[Unit, ...] = ()
    versions: tuple[Version, ...] = ()
    files: tuple[ConfigFile, ...] = ()
    boot_lines: tuple[ScriptLine, ...] | None = None
    """The lines of scripts and units that program the network at boot or from cron; None if they were not read."""
    hypervisor: str | None = None
    """The hypervisor, if its switches filter hardware addresses: vmware, virtualbox or hyper-v.  None for any other
    machine."""
    guest: Guest | None = None
    """The desktop engine whose virtual machine the host is; None if nothing shows that it is one."""
    named_guests: tuple[NamedGuest, ...] = ()
    """The guests of programs that are no engines, as leases, machined and control groups name them."""
    guest_networks: tuple[GuestNetwork, ...] = ()
    """The networks that libvirt, lxc-net and Incus are told to make, whether they are there or not."""
    cloud: str | None = None
    """The cloud in which the host runs (azure, aws, gcp, aliyun, tencent …); None if DMI shows no sign of one."""
    cloud_addresses: tuple[CloudAddress, ...] = ()
    floating: tuple[FloatingAddress, ...] = ()
    """Addresses that programs of the host move between machines."""
    klog: tuple[str, ...] = ()
    rule_tools: RuleTools = RuleTools()
    plans: tuple[PlanUnderWay, ...] = ()
    """The plans of hairpin that had not ended when the host was read."""
    told: ToldParts | None = None
    """The parts of the host that a pasted text has, or that a user without root could read; None if the host was read
    completely."""
    unread: tuple[Unread, ...] = ()

    @property
    def was_read(self) -> bool:
        """Whether at least a part of the host was read.  If no part was read, ``unread`` has the reason."""
        return bool(self.namespaces) or not any(each.key == HOST for each in self.unread)

    @property
    def is_of_text(self) -> bool:
        """Whether the host is known only from a pasted text."""
        return self.told is not None and self.told.of_text

    @property
    def is_partly_read(self) -> bool:
        """Whether a user without root read the host.  The parts that this user may not read are then supposed."""
        return self.told is not None and not self.told.of_text

    @property
    def netns(self) -> Netns:
        """The namespace that counts as the host."""
        return Netns(self.name)

    @property
    def own(self) -> Namespace | None:
        """The namespace that counts as the host; None if it was not read."""
        return next((each for each in self.namespaces if each.name == HOST), None)

    def __contains__(self, name: str) -> bool:
        """Return whether the namespace with this name was read."""
        return any(namespace.name == name for namespace in self.namespaces)

    def namespace(self, name: str) -> Namespace:
        """Return the namespace with this name; raise KeyError if it was not read."""
        for namespace in self.namespaces:
            if namespace.name == name:
                return namespace
        raise KeyError(name)

    def container(self, name: str) -> Container | None:
        """Return the container that the name means (see ``containers_named``); None if it means no container or
        several."""
        found = self.containers_named(name)
        return found[0] if len(found) == 1 else None

    def network_owner(self, container: Container) -> Container:
        """Return the container whose network namespace this container uses: itself, or the container X of ``--network
        container:X``."""
        owner = self.container(container.joined) if container.joined else None
        return owner if owner is not None else container

    def sharers_of(self, container: Container) -> tuple[Container, ...]:
        """Return the other containers that use the container's network namespace (``--network container:NAME``, a
        pod)."""
        return tuple(each for each in self.containers() if self.network_owner(each).id == container.id != each.id)

    def has_user_stack(self, container: Container) -> bool:
        """Return whether a program of a user's own network carries the container's packets, and takes the connections
        to its published ports: the engine is a user's, or the container's options ask for such a network."""
        return self.engine_of(container).rootless or container.by_user_stack

    def is_internal(self, container: Container) -> bool:
        """Return whether all networks of the container are internal, so that the engine ignores its published ports."""
        internal = {each.name: each.internal for each in self.engine_of(container).networks}
        joined = self.pod_holder(container).endpoints
        return bool(joined) and all(internal.get(each.network, False) for each in joined)

    def members_of(self, container: Container) -> tuple[Container, ...]:
        """Return the containers of the pod whose network and published ports the container only holds; none if it is no
        infra container of Podman.  An infra container runs no service, and people do not know its name.  Redacted
        evidence has another name for it."""
        is_infra = container.pod or (container.name.endswith(_INFRA) and self.engine_of(container).kind == "podman")
        return self.sharers_of(container) if is_infra else ()

    def pod_holder(self, container: Container) -> Container:
        """Return the container that has the networks and published ports of a pod's container: the pod's infra
        container.  Return a container of no pod itself."""
        owner = self.network_owner(container)
        return owner if self.members_of(owner) else container

    def told_names(self, container: Container) -> tuple[str, ...]:
        """Return the names by which people know the container: of an infra container the names of its pod's
        containers."""
        return tuple(each.name for each in self.members_of(container)) or (container.name,)

    def told_as(self, container: Container) -> Message | str:
        """Return the text that means the container as one thing: an infra container is its pod."""
        names = ", ".join(each.name for each in self.members_of(container))
        if container.pod:
            return message("the pod {name}", name=container.pod)
        return message("the pod of {names}", names=names) if names else container.name

    def containers_named(self, name: str) -> tuple[Container, ...]:
        """Return the containers that the name means: the container with this name or id; else the containers of the
        compose or swarm service with this name (also ``tasks.NAME``); else the only container whose id begins with it;
        else the containers that have it as a network alias, or as their own address."""
        known = _known_as(self).get(name)
        if known is not None:
            return (known,)
        containers = self.containers()
        of_service = tuple(each for each in containers if name and name in each.service_names)
        if of_service:
            return of_service
        matching = tuple(each for each in containers if len(name) >= 3 and each.id.startswith(name))
        if len(matching) == 1:
            return matching  # each container also has the beginning of its id as an alias
        of_alias = tuple(each for each in containers if name and any(name in one.aliases for one in each.endpoints))
        return of_alias or tuple(each for each in containers if any(_has_address(one, name) for one in each.endpoints))

    def containers(self) -> tuple[Container, ...]:
        """Return the containers of every engine."""
        return _containers(self)

    def services(self) -> tuple[SwarmService, ...]:
        """Return the swarm's services.  Only a manager of the swarm knows the services."""
        return tuple(service for engine in self.engines for service in engine.services or ())

    def publishes_on(self, version: int, address: int | None, port: int, protocol: str | None) -> bool:
        """Return whether a container publishes the port on exactly this address.  ``address``: None for a port that is
        published on every address.  ``protocol``: None for any protocol."""
        found = _published(self).get((version, address, port), frozenset())
        return bool(found) if protocol is None else protocol in found

    def bindings_of(self, port: int) -> tuple[tuple[Container, PortBinding], ...]:
        """Return the containers that publish the port of the host, each with its binding, in the engines' order."""
        return _by_port(self).get(port, ())

    def quadlet_of(self, container: Container) -> Quadlet | None:
        """Return the Quadlet whose unit made the container, if systemd was asked about it; None if none did."""
        own = (each for each in self.quadlets if each.state and each.makes(container))
        user = self.engine_of(container).user if self.quadlets else ""
        return next((each for each in own if user in ("", each.user)), None)

    def engine_of(self, container: Container) -> Engine:
        """Return the engine of the host's container; the first engine if none lists it."""
        first = self.engines[0] if self.engines else Engine("docker", "")
        return _engines(self).get(container.id, first)

    def with_engine(self, changed: Engine) -> "Host":
        """Return the host in which ``changed`` replaces the engine of the same kind and user."""
        own = (changed.kind, changed.user)
        return msgspec.structs.replace(
            self, engines=tuple(changed if (each.kind, each.user) == own else each for each in self.engines)
        )

    def with_container(self, changed: Container) -> "Host":
        """Return the host in which ``changed`` replaces the container with the same id."""
        return msgspec.structs.replace(self, engines=tuple(each.with_container(changed) for each in self.engines))

    def tool_of(self, network: DockerNetwork | None) -> Tool:
        """Return the command of the network's engine; ``docker`` if no engine lists it."""
        for each in self.engines:
            if network in each.networks:
                return each.kind
        return "docker"

    def version(self, program: str) -> str | None:
        """Return the text of the program's version; None if it was not read."""
        for version in self.versions:
            if version.program == program:
                return version.text
        return None


@kept
def _containers(host: Host) -> tuple[Container, ...]:
    return tuple(container for engine in host.engines for container in engine.containers)


@kept
def _engines(host: Host) -> dict[str, Engine]:
    """Return the first engine that lists a container, by the container's id."""
    return {each.id: engine for engine in reversed(host.engines) for each in engine.containers}


@kept
def _known_as(host: Host) -> dict[str, Container]:
    """Return, for each name and each id, the first container that has it."""
    found: dict[str, Container] = {}
    for container in host.containers():
        found.setdefault(container.name, container)
        found.setdefault(container.id, container)
    return found


def _has_address(endpoint: Endpoint, text: str) -> bool:
    """Return whether the text is an address of the endpoint."""
    try:
        version, value = parse_address(text)
    except ValueError:
        return False
    return value == (endpoint.ipv4 if version == 4 else endpoint.ipv6)


@kept
def _by_port(host: Host) -> dict[int, tuple[tuple[Container, PortBinding], ...]]:
    """Return the published ports by their number.  Each flow asks for one port, and a host with 200 containers has
    hundreds of ports."""
    found: dict[int, list[tuple[Container, PortBinding]]] = {}
    for container in host.containers():
        for each in container.bindings:
            found.setdefault(each.host_port, []).append((container, each))
    return {port: tuple(pairs) for port, pairs in found.items()}


@kept
def _published(host: Host) -> dict[tuple[int, int | None, int], frozenset[str]]:
    """Return the protocols of the ports that containers publish, by IP version, address and port."""
    found: dict[tuple[int, int | None, int], frozenset[str]] = {}
    for container in host.containers():
        for each in container.bindings:
            key = (each.version, each.host_ip, each.host_port)
            found[key] = found.get(key, frozenset()) | {each.protocol}
    return found
