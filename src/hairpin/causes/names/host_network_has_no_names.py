"""The container is on the host's network, so no engine's name server serves it.

Users see: ``bad address 'db'`` from a container with ``network_mode: host``, while the other services resolve the name.

Proof: the container asks the host's name server, which knows no container.  If the name server knew the name, it would
answer.
Now: connect to the published port on 127.0.0.1 instead of using the name.
Lasting: put the container on the network of the container that it asks, and remove ``network_mode: host``.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.names._resolving import Pair, by_address, made_known, pair_of
from hairpin.causes.where import OfContainer
from hairpin.message import Message, message
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the container that asks is on the host's network."""
    pair = pair_of(view)
    if pair is None or not pair.asking.on_host_network:
        return
    yield Candidate(
        title=message(
            "{asking} is on the host's network and cannot resolve the name {name}",
            asking=pair.asking.name,
            name=view.flow.asked_name,
        ),
        detail=message(
            "On the host's network a container asks the name server of the host, {server}, which knows no container.",
            server=address_text(view.flow.daddr, view.flow.version),
        ),
        change=made_known(pair, _advice(pair)),
        where=OfContainer(pair.asking.name, network="host"),
        in_class="container-without-ports",
        evidence=(pair.asking.evidence,),
        advice=by_address(pair),
    )


def _advice(pair: Pair) -> Message:
    published = next((each for each in pair.asked.bindings if each.actual), None)
    if published is None:
        return message(
            "recreate {asking} on a network of {asked} instead of the host's",
            asking=pair.asking.name,
            asked=pair.asked.name,
        )
    return message(
        "let {asking} ask 127.0.0.1:{port}, where {asked} publishes its port {inner}; or recreate {asking} on a "
        "network of {asked}",
        asking=pair.asking.name,
        port=published.host_port,
        asked=pair.asked.name,
        inner=published.container_port,
    )


CAUSE = Cause(
    title=message("A container on the host's network resolves no container names"),
    source="moby libnetwork/sandbox_dns_unix.go setupDNS(): the host's files are copied",
    reasons=frozenset({"name-unknown"}),
)
