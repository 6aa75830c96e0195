"""dockerd runs with ``iptables=false``, and no other rule masquerades the containers' addresses.

Users see: containers cannot connect to the outside; ports are served by docker-proxy only.

Proof: dockerd runs with ``iptables=false``, and no rule masquerades the subnet; masqueraded, the reply comes back.
Now: add a MASQUERADE rule for the subnet.
Lasting: take ``iptables: false`` out of daemon.json, or save the MASQUERADE rule.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.rules._lifting import masquerading
from hairpin.causes.where import OfNetwork
from hairpin.host.boot.configured import of_engine_option
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the network of the packet's source if its engine makes no rules."""
    found = masquerading(view)
    if found is None:
        return
    engine, network, change = found
    if engine.iptables is not False or view.flow.version == 6:
        return  # IPv6 has an option of its own
    yield Candidate(
        title=message("dockerd runs with iptables=false and nothing masquerades network {name}", name=network.name),
        detail=message(
            "dockerd makes no rules; containers leave with their own addresses, to which no host "
            "outside has a route back."
        ),
        change=change,
        where=OfNetwork(option="iptables=false", network=network.name),
        in_class="engine-option",
        evidence=(network.evidence,),
        configured=of_engine_option("iptables", "false", view.host),
        advice=(message("or give the world outside a route back to the containers' subnet"),),
    )


CAUSE = Cause(
    id="docker-daemon-iptables-false",
    title=message("dockerd runs with iptables=false"),
    source="docs.docker.com: dockerd, bridge network options",
    reasons=frozenset({"source-not-translated", "peer-drops"}),
    find=find,
)
