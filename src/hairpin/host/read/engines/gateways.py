"""The gateways of Docker's networks with ``--ip-range`` and without ``--gateway``.

For such a network dockerd chooses the first free address of the range as the gateway.  dockerd 20.10 does not list this
gateway until its next start.  A container's endpoint lists the gateway while the container runs, and the network's
bridge has it as its address.  Source: moby libnetwork/network.go ipamAllocateVersion(); measured with 20.10.24
"""

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Namespace

_replace = msgspec.structs.replace


def with_gateways(engines: tuple[Engine, ...], namespaces: tuple[Namespace, ...]) -> tuple[Engine, ...]:
    """Return the engines with these gateways; the gateway stays None if neither an endpoint nor the bridge shows it."""
    return tuple(_with_gateways(each, namespaces) for each in engines)


def _with_gateways(engine: Engine, namespaces: tuple[Namespace, ...]) -> Engine:
    own = next((each for each in namespaces if each.name == HOST), None) if not engine.rootless else None
    networks = tuple(
        _replace(
            each,
            subnets=tuple(
                _replace(subnet, gateway=_gateway(engine, each, subnet, own)) if _is_untold(subnet) else subnet
                for subnet in each.subnets
            ),
        )
        for each in engine.networks
    )
    return _replace(engine, networks=networks)


def _is_untold(subnet: Subnet) -> bool:
    return subnet.gateway is None and subnet.part is not None


def _gateway(engine: Engine, joined: DockerNetwork, subnet: Subnet, own: Namespace | None) -> int | None:
    ends = (end for each in engine.containers for end in each.endpoints if end.network == joined.name)
    told = (end.gateway4 if subnet.version == 4 else end.gateway6 for end in ends)
    bridged = (each for each in own.addresses if each.link == joined.bridge) if own is not None else ()
    held = (each.value for each in bridged if each.prefix_length == subnet.prefix_length)
    known = (*told, *held)
    return next((each for each in known if each is not None and subnet.holds(each, subnet.version)), None)
