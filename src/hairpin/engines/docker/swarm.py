"""The rules of a swarm node for the published ports of services.  The rules lead packets to the namespace
``ingress_sbox``.

Source: moby v20.10.24 libnetwork/service_linux.go programIngress(); held against 20.10.24.
"""

from hairpin.engines.docker.chains import Chains, Draft, Place
from hairpin.engines.docker.dockerd_20 import USER
from hairpin.engines.docker.options import Version
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.network.prefix import address_text

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
