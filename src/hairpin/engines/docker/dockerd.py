"""Computes the rules that dockerd programs into its host, from its version, its options, its networks and its running
containers.  ``podman`` computes Podman's rules.  The sockets that hold published ports on the host belong to
docker-proxy, or to dockerd itself if it runs without proxies.  The rules of a swarm node for the published ports of
services lead packets to the namespace ``ingress_sbox``.

Source: moby v20.10.24 libnetwork/service_linux.go programIngress(); held against 20.10.24.
"""

from collections.abc import Collection, Iterator

import msgspec

from hairpin.engines import podman
from hairpin.engines.docker import dockerd_20, dockerd_28
from hairpin.engines.docker.chains import Chains, Draft, Place
from hairpin.engines.docker.dockerd_20 import USER
from hairpin.engines.docker.history import History, as_seen, history_of, is_routed
from hairpin.engines.docker.options import Daemon, Version, daemon_of, dockerd_version
from hairpin.engines.expected import ExpectedListener, ExpectedRules
from hairpin.engines.found import shown_runs
from hairpin.engines.sysctls import policies_of, sysctls_of
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.host import Namespace
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.prefix import address_text

FIRST_KNOWN: Version = (18, 9, 0)
"""The first version whose rules are known.  Since this version, two isolation chains separate the bridges from each
other."""
IPSETS: Version = (28, 0, 0)
"""The only release whose rules match bridges by ipset.  A later release replaced this release within days."""
FORWARD_CHAIN: Version = (28, 0, 1)


def expected(engine: Engine, namespace: Namespace, *, in_order: bool = True) -> ExpectedRules:
    """Return the rules that this dockerd should have in ``namespace``, in the order that the host's rules show.

    Only containers with an address have rules.  If ``in_order`` is False, the rules are in the order of an engine's
    start, which is several times faster to compute.
    """
    if engine.kind == "podman":
        return podman.expected(engine, namespace)
    version = dockerd_version(engine.version)
    unknown = _unknown(engine, version)
    if version is None or unknown:
        return ExpectedRules(backend="iptables", unknown=unknown)
    daemon = daemon_of(engine, version)
    history = history_of(engine, daemon, namespace)
    first = _expected(engine, daemon, history)
    if not in_order:
        return first
    seen = as_seen(history, shown_runs(first.backend, first.rules, namespace))
    return first if seen == history else _expected(engine, daemon, seen)


def expected_for(engine: Engine, namespace: Namespace, names: Collection[str]) -> ExpectedRules:
    """Return the engine's rules for its networks and for the named containers, in the order of an engine's start.  None
    of these rules depends on the engine's other containers."""
    asked = tuple(each for each in engine.containers if each.name in names)
    return expected(msgspec.structs.replace(engine, containers=asked), namespace, in_order=False)


def _unknown(engine: Engine, version: Version | None) -> tuple[str, ...]:
    if not engine.running:
        return ("dockerd does not run, so it cannot be asked for its networks and containers",)
    if engine.rootless:
        return ("a rootless dockerd keeps its rules in a namespace of its own",)
    if version is None:
        return (f"the engine's version {engine.version!r} is not one that hairpin knows the rules of",)
    if version < FIRST_KNOWN or IPSETS <= version < FORWARD_CHAIN:
        return (f"hairpin does not know which rules dockerd {engine.version} makes",)
    return ()


def _expected(engine: Engine, daemon: Daemon, history: History) -> ExpectedRules:
    wanted = ExpectedRules(
        backend=daemon.backend,
        policies=tuple(policies_of(daemon, history)),
        sysctls=tuple(sysctls_of(daemon, history)),
        listeners=tuple(_listeners_of(daemon, history)),
    )
    if daemon.backend == "nftables":
        from hairpin.engines.docker import dockerd_nftables  # noqa: PLC0415 - few engines use it

        native = dockerd_nftables.program(daemon, history)
        return msgspec.structs.replace(wanted, chains=native.chains(), elements=native.elements(), rules=native.rules())
    generation = dockerd_28 if daemon.version >= FORWARD_CHAIN else dockerd_20
    chains = generation.program(daemon, history)
    if daemon.version < UNKNOWN_SINCE and daemon.ipv4:
        add_mesh(chains, engine)
    return msgspec.structs.replace(wanted, chains=chains.chains(), rules=chains.rules())


def _listeners_of(daemon: Daemon, history: History) -> Iterator[ExpectedListener]:
    """Yield the socket that holds each published port in effect.

    A port holds no port of the host in a family in which its network is routed.  If the network is routed for IPv4 and
    has no IPv6, docker-proxy still relays from the host's IPv6 addresses.  Measured with Docker 28.5.2"""
    for port in history.ports:
        binding = port.binding
        family: IpFamily = "ip" if binding.version == 4 else "ip6"
        if binding.actual and binding.host_port and not is_routed(port.attachment, family):
            yield ExpectedListener(
                process="dockerd" if daemon.hairpin else "docker-proxy",
                protocol=binding.protocol,
                version=binding.version,
                address=binding.host_ip,
                port=binding.host_port,
                container=port.attachment.container,
                binding=binding,
            )


INGRESS = "DOCKER-INGRESS"
UNKNOWN_SINCE: Version = (28, 0, 0)
"""From this version on, the jumps to swarm's chain are in other places, which hairpin does not know."""
_JUMP, _LOCAL = f"-j {INGRESS}", "-m addrtype --dst-type LOCAL"
_RETURN = Draft("-j RETURN", "mesh")


def add_mesh(chains: Chains, engine: Engine) -> None:
    """Add the rules for the ports that swarm services publish on the engine's host, if there are such ports."""
    gateway = next((each for each in engine.networks if each.ingress_sandbox is not None and each.bridge), None)
    if gateway is None or not engine.mesh:
        return
    nat, table = Place("ip", "nat", INGRESS), Place("ip", "filter", INGRESS)
    for place in (nat, table):
        chains.make(place)
        chains.append(place, _RETURN)
    for each in engine.mesh:
        match = f"-p {each.protocol} -m {each.protocol}"
        target = f"{address_text(gateway.ingress_sandbox or 0, 4)}:{each.port}"
        chains.insert(nat, Draft(f"{match} --dport {each.port} -j DNAT --to-destination {target}", "mesh"))
        answers = f"-p {each.protocol} -m state --state RELATED,ESTABLISHED -m {each.protocol} --sport {each.port}"
        chains.insert(table, Draft(f"{answers} -j ACCEPT", "mesh"))
        chains.insert(table, Draft(f"{match} --dport {each.port} -j ACCEPT", "mesh"))
    _jumps(chains, gateway)


def _jumps(chains: Chains, gateway: DockerNetwork) -> None:
    for chain in ("PREROUTING", "OUTPUT"):
        chains.insert(Place("ip", "nat", chain), Draft(f"{_LOCAL} {_JUMP}", "mesh"))
    local = f"-o {gateway.bridge} -m addrtype --src-type LOCAL -j MASQUERADE"
    chains.insert(Place("ip", "nat", "POSTROUTING"), Draft(local, "mesh"))
    forward = Place("ip", "filter", "FORWARD")
    chains.insert(forward, Draft(_JUMP, "mesh"))
    chains.put_first(forward, Draft(f"-j {USER}", "jump"))
