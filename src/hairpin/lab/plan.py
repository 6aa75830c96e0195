"""A lab as data: its machines, the hosts' engines and firewalls, their networks and containers."""

from typing import Annotated, Literal

import msgspec

Join = Literal["", "flannel-vxlan", "flannel-host-gw", "routes", "bridge-vxlan", "swarm"]

Engine = Literal["docker", "podman"]


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base class of all plans.  A plan is immutable.  A misspelt key in a scenario file is an error."""


class NetworkPlan(Plan, frozen=True):
    """A network that ``docker network create`` (or Podman's ``network create``) makes.  ``options`` are additional
    arguments of this command, as a user would type them."""

    name: str
    options: str = ""
    engine: Engine = "docker"


class ContainerPlan(Plan, frozen=True):
    """A container that ``docker run -d`` or ``podman run -d`` starts from the lab's image.

    ``serve``: the service in the container.  ``http`` is busybox httpd on port 80, which can be killed and started
    again without ending the container.  ``udp-echo`` listens on port 53.  ``networks``: the networks that the container
    joins, in this order.  ``docker run`` makes the container join the first of them.  ``options`` are additional
    arguments of ``docker run``.
    """

    name: str = "web"
    publish: tuple[str, ...] = ()
    serve: Literal["http", "udp-echo", "nothing"] = "http"
    networks: tuple[str, ...] = ("bridge",)
    options: str = ""
    engine: Engine = "docker"


class HostPlan(Plan, frozen=True):
    """A host with containers: its engines, its firewall, its networks and containers.

    ``daemon`` is the text of the host's ``/etc/docker/daemon.json``.  ``fillers``: the number of additional containers,
    each with a published port.  ``before_engine``: shell commands that run in the host before dockerd starts.
    ``setup``: shell commands that run in the host after all containers have started.  ``docker``: whether dockerd runs.
    ``podman``: the network back end of a rootful Podman; empty if the host has no Podman.
    """

    name: str = "host"
    containers: tuple[ContainerPlan, ...] = (ContainerPlan(publish=("8151:80",)),)
    networks: tuple[NetworkPlan, ...] = ()
    daemon: str = "{}"
    docker: bool = True
    podman: Literal["", "netavark", "cni"] = ""
    firewall: Literal["", "firewalld", "ufw"] = ""
    fillers: int = 0
    before_engine: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()


class LabPlan(HostPlan, frozen=True):
    """One lab: a client behind a router, a neighbour on the host's link, the host.

    ``second_nic`` gives the host ``eth1`` (198.18.0.11/24), whose other end is also the router.  ``ipv6`` gives every
    machine documentation addresses.  ``gateway`` makes the router a cloud's 1:1 NAT gateway for 203.0.113.11, which
    does not hairpin.

    ``hosts`` are two or three Docker hosts, which replace the plan's own host on the link.  ``second_nic``, ``ipv6``
    and ``gateway`` then concern the first of these hosts.  ``join`` is the kind of connection between the hosts'
    containers (see ``joining.py``).
    """

    second_nic: bool = False
    ipv6: bool = False
    gateway: bool = False
    join: Join = ""
    hosts: Annotated[tuple[HostPlan, ...], msgspec.Meta(max_length=3)] = ()
