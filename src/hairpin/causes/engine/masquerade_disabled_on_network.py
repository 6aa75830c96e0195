"""Masquerading is switched off, for this network or for the daemon.

Users see: containers of one network cannot connect to the outside.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.rules._lifting import masquerading
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the network of the packet's source if an option switches its masquerading off."""
    found = masquerading(view)
    if found is None:
        return
    engine, network, change = found
    if not _told(engine, network):
        return
    yield Candidate(
        title=message("Masquerading is switched off for network {name}", name=network.name),
        detail=message("Its containers leave with their own addresses, to which nobody outside knows a way back."),
        change=change,
        where=where(network=network.name, option="com.docker.network.bridge.enable_ip_masquerade"),
        in_class="engine-option",
        evidence=(network.evidence,),
        advice=(message("or give the world outside a route back to the containers' subnet"),),
    )


def _told(engine: Engine, network: DockerNetwork) -> bool:
    return engine.iptables is not False and (
        engine.ip_masq is False or network.option("com.docker.network.bridge.enable_ip_masquerade") == "false"
    )


CAUSE = Cause(
    id="masquerade-disabled-on-network",
    title="Masquerading is off for the network",
    source="docs.docker.com: dockerd, bridge network options",
    reasons=frozenset({"source-not-translated", "peer-drops"}),
    find=find,
)
