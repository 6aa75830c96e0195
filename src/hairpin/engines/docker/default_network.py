"""Docker's default network on a host that does not have this network.

One function adds the default network that dockerd makes when it starts.  Another function returns the change that puts
a container on the default network, as if dockerd ran without the option ``bridge: none``.  The change that puts a
container on the default network only proves that the option stops a packet.  On a real host, a new container or a
restart of dockerd is needed.
"""

import msgspec

from hairpin.change.change import AddNamespace, Change, InsertRule
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.missing import Missing, missing_of
from hairpin.engines.repair.bridging import new_bridge
from hairpin.engines.repair.connecting import reconnecting_change
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.docker import Container, DockerNetwork, Engine, PortBinding, Subnet
from hairpin.host.host import Host
from hairpin.netfilter.meaning import Meaning, meaning
from hairpin.network.network import Network
from hairpin.network.prefix import inside

_POOL = tuple((172 << 24) + (second << 16) for second in range(17, 32))
"""The /16 subnets that dockerd uses for bridges.  dockerd takes the first subnet without a route on the host.  Source:
moby libnetwork/ipamutils/utils.go"""
_BITS = 16
_OPTIONS = (("com.docker.network.bridge.default_bridge", "true"), ("com.docker.network.bridge.name", "docker0"))


def on_default_network(host: Host, container: Container, binding: PortBinding) -> Change | None:
    """Return the change after which dockerd has its default network, with bridge and rules, and the running container
    is on this network.  Return None if the container's namespace was not read, or if no subnet is free."""
    engine = host.engine_of(container)
    joined = _default_network(host)
    if joined is None:
        return None
    with_network = msgspec.structs.replace(engine, networks=(*engine.networks, joined))
    bridge = tuple(new_bridge(host, with_network, joined))
    prepared = simulate(Change(bridge), Network((host.with_engine(with_network),))).this
    attached = reconnecting_change(prepared, container, binding, joined.name)
    if attached is None:
        return None
    running = next(part.container for part in attached.parts if isinstance(part, AddNamespace))
    lost = _beyond(missing_of(prepared, with_network.with_container(running)), missing_of(host, engine))
    rules = restoring_all(lost, host.netns, prepared.namespace(host.netns.name))
    others = (part for part in attached.parts if not isinstance(part, InsertRule))
    return Change((*bridge, *others, *rules.parts))


def with_default_network(host: Host, engine: Engine) -> Engine:
    """Return the stopped engine with the default network that dockerd makes at each start.  The engine is unchanged if
    dockerd's options name another bridge, or ``none``."""
    if engine.rootless or engine.bridge_name is not None or engine.network(engine.traits.default_network) is not None:
        return engine
    joined = _default_network(host)
    return engine if joined is None else msgspec.structs.replace(engine, networks=(joined, *engine.networks))


def _default_network(host: Host) -> DockerNetwork | None:
    subnet = _free_subnet(host)
    if subnet is None:
        return None
    return DockerNetwork("", "bridge", "bridge", subnets=(subnet,), options=_OPTIONS, bridge="docker0")


def _beyond(lost: Missing, before: Missing) -> Missing:
    """Return the rules and chains that are missing now and were not missing before.  Rules and chains that were already
    missing before belong to another fault."""
    known = set(map(_key, before.rules))
    return msgspec.structs.replace(
        lost,
        chains=tuple(each for each in lost.chains if each not in before.chains),
        rules=tuple(each for each in lost.rules if _key(each) not in known),
    )


def _key(rule: ExpectedRule) -> tuple[str, str, str, Meaning]:
    return rule.family, rule.table, rule.chain, meaning(rule.rule)


def _free_subnet(host: Host) -> Subnet | None:
    taken = [each for each in host.namespace(host.netns.name).routes if each.version == 4 and each.prefix_length]
    for network in _POOL:
        if not any(inside(each.destination, network, _BITS, 4) or each.holds(network, 4) for each in taken):
            return Subnet(4, network, _BITS, network + 1)
    return None
