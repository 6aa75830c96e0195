"""A node of a real swarm: Docker 20.10.24, Linux 6.1, a service on port 8080 of the mesh, one on 8081 in mode=host."""

from pathlib import Path

import msgspec

from hairpin.evidence.file import read
from hairpin.host.host import Host, Namespace
from hairpin.host.read.parse import parse
from hairpin.netfilter.ir import Ruleset

_FILE = Path(__file__).parents[1] / "fixtures" / "swarm" / "mesh.hairpin"
SANDBOX = "netns:ingress_sbox"


def node() -> Host:
    """Return the node as it was read; its sandbox did not forward."""
    return parse(read(_FILE))


def forwarding(host: Host) -> Host:
    """Return the node with a sandbox that forwards, as it does on a host whose first namespace forwards."""
    inner = host.namespace(SANDBOX)
    values = {**inner.sysctls.values, ("net", "ipv4", "ip_forward"): "1"}
    return _with(host, msgspec.structs.replace(inner, sysctls=msgspec.structs.replace(inner.sysctls, values=values)))


def without(host: Host, text: str, *, table: str = "") -> Host:
    """Return the node without its own rules that contain the text."""
    own = host.namespace("host")
    tables = tuple(
        msgspec.structs.replace(
            each,
            chains=tuple(
                msgspec.structs.replace(chain, rules=tuple(rule for rule in chain.rules if text not in rule.text))
                for chain in each.chains
            ),
        )
        if table in ("", each.name)
        else each
        for each in own.ruleset.tables
    )
    return _with(host, msgspec.structs.replace(own, ruleset=Ruleset(tables)))


def with_services(host: Host, servers: int) -> Host:
    """Return the node whose mesh has so many servers for the port."""
    inner = host.namespace(SANDBOX)
    services = tuple(msgspec.structs.replace(each, servers=servers) for each in inner.virtual_services)
    return _with(host, msgspec.structs.replace(inner, virtual_services=services))


def _with(host: Host, changed: Namespace) -> Host:
    spaces = tuple(changed if each.name == changed.name else each for each in host.namespaces)
    return msgspec.structs.replace(host, namespaces=spaces)
