"""The identity of a network namespace in a network of several hosts."""

import re

import msgspec

from hairpin.evidence.reading import HOST

_NAMED = "netns:"
_OF_OVERLAY = re.compile(r"netns:\d+-(.+)")
_OF_PODS = "netns:cni-"


class Netns(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A network namespace: the label of its host, and its name there.

    ``name`` is ``host`` for the host's own namespace, ``container:NAME`` for a container's.
    """

    host: str
    name: str = HOST

    @property
    def is_host(self) -> bool:
        """Whether this is the host's own namespace."""
        return self.name == HOST

    @property
    def of_host(self) -> "Netns":
        """The host's own namespace on the same host."""
        return self if self.is_host else Netns(self.host)

    @property
    def is_pod(self) -> bool:
        """Whether CNI plug-ins made it for a pod whose runtime was not asked."""
        return self.name.startswith(_OF_PODS)

    @property
    def is_dockerds(self) -> bool:
        """Whether dockerd made it for itself: for a swarm network, or for the published ports of swarm services."""
        return self.name.startswith(_NAMED) and not self.is_pod

    @property
    def overlay(self) -> str | None:
        """The first part of an overlay network's id if dockerd made the namespace for that network; else None.

        The namespace has the network's bridge, its vxlan device, and the peers of its containers' veths.  Source: moby
        libnetwork/drivers/overlay/ov_network.go initSandbox()"""
        found = _OF_OVERLAY.fullmatch(self.name)
        return found[1] if found is not None else None

    def sibling(self, name: str) -> "Netns":
        """Return the namespace of that name on the same host."""
        return Netns(self.host, name)

    def __str__(self) -> str:
        return self.name


def namespace_file(netns: Netns) -> str | None:
    """Return the file by which a pod's namespace, or one of dockerd's for swarm, is entered; else None."""
    if netns.is_pod:
        return f"/run/netns/{netns.name.removeprefix(_NAMED)}"
    return f"/run/docker/netns/{netns.name.removeprefix(_NAMED)}" if netns.is_dockerds else None
