"""The identity of a network namespace in a network of several hosts."""

import re
from typing import Annotated

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.field import of

NAMED = "netns:"
"""The beginning of the name of a namespace that no engine lists: ``netns:NAME`` if a file on the host names it,
``netns:pid-N`` if process N alone holds it, ``netns:rootless-UID-N`` if it has the networks of a user's Podman, whose
pause process is N.  Before version 5, Podman's name for it has a hash: ``netns:rootless-UID-N-HASH``.
``netns:rootless-UID-N-docker`` is that of a user's dockerd, which is process N."""
_OF_PROCESS = re.compile(r"netns:pid-(\d+)")
_OF_ROOTLESS = re.compile(r"netns:rootless-(\d+)-(\d+)(?:-([0-9a-f]+|docker))?")
_DOCKERS = "-docker"
_OF_OVERLAY = re.compile(r"netns:\d{1,2}-(.+)")
_OF_PODS = "netns:cni-"
_OF_DOCKERD = re.compile(r"netns:(\d{1,2}-.*|lb_.*|ingress_sbox)")


class Netns(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A network namespace: the label of its host, and the namespace's name on that host.

    ``name`` is ``host`` for the host's own namespace, ``container:NAME`` for a container's.
    """

    host: str
    name: Annotated[str, of("netns")] = HOST

    @property
    def is_host(self) -> bool:
        """Whether this is the host's own namespace."""
        return self.name == HOST

    @property
    def of_host(self) -> "Netns":
        """The own namespace of this namespace's host."""
        return self if self.is_host else Netns(self.host)

    @property
    def is_named(self) -> bool:
        """Whether no engine lists the namespace: the namespace of a pod, one that ``ip netns add`` made, one that
        dockerd made for its own use, or one that a process holds, as a guest of LXC or nspawn."""
        return self.name.startswith(NAMED)

    @property
    def is_pod(self) -> bool:
        """Whether CNI plug-ins made the namespace for a pod whose container runtime hairpin did not ask."""
        return self.name.startswith(_OF_PODS)

    @property
    def is_rootless(self) -> bool:
        """Whether this is the namespace with the networks of a user's engine: its bridges, its rules, and the tap link
        of its network stack.  Source: Podman's libnetwork/internal/rootlessnetns (container-libs); rootlesskit,
        pkg/parent and pkg/network"""
        return _OF_ROOTLESS.fullmatch(self.name) is not None

    @property
    def is_rootless_dockerds(self) -> bool:
        """Whether this is the namespace in which a user's dockerd runs."""
        return self.is_rootless and self.name.endswith(_DOCKERS)

    @property
    def rootless_of(self) -> tuple[int, int] | None:
        """The id of the user whose engine's networks are in the namespace, and the process that holds it; None for any
        other namespace."""
        found = _OF_ROOTLESS.fullmatch(self.name)
        return (int(found[1]), int(found[2])) if found is not None else None

    @property
    def is_dockerds(self) -> bool:
        """Whether dockerd made the namespace for its own use: for a swarm network, or for the published ports of swarm
        services."""
        return _OF_DOCKERD.fullmatch(self.name) is not None

    @property
    def overlay(self) -> str | None:
        """The beginning of the id of the overlay network for which dockerd made this namespace; None for any other
        namespace.

        The namespace of an overlay network contains the network's bridge, its vxlan device, and the peers of the
        containers' veths.
        Source: moby libnetwork/drivers/overlay/ov_network.go initSandbox()"""
        found = _OF_OVERLAY.fullmatch(self.name)
        return found[1] if found is not None else None

    def sibling(self, name: str) -> "Netns":
        """Return the namespace with this name on the same host."""
        return Netns(self.host, name)

    def __str__(self) -> str:
        return self.name


def namespace_file(netns: Netns) -> str | None:
    """Return the file with which a process enters a namespace that no engine lists; None for any other namespace."""
    if not netns.is_named:
        return None
    held = _OF_PROCESS.fullmatch(netns.name)
    if held is not None:
        return f"/proc/{held[1]}/ns/net"
    rootless = _OF_ROOTLESS.fullmatch(netns.name)
    if rootless is not None:
        user, process, digest = rootless.groups()
        if netns.is_rootless_dockerds:
            return f"/proc/{process}/ns/net"
        # Only the user's pause process sees it: its mount is in that process's namespace.
        inside = f"netns/rootless-netns-{digest}" if digest else "containers/networks/rootless-netns/rootless-netns"
        return f"/proc/{process}/root/run/user/{user}/{inside}"
    folder = "/run/docker/netns" if netns.is_dockerds else "/run/netns"
    return f"{folder}/{netns.name.removeprefix(NAMED)}"
