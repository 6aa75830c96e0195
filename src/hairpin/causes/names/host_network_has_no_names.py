"""The asking or the asked container is on the host's network, so no engine's name server serves it or knows its name.

Users see: ``bad address 'db'`` from a container with ``network_mode: host``, while the other services resolve the name.
Or the other services no longer find a service since it has ``network_mode: host``.

Proof: the asking container asks a name server that does not know the asked container.  If the name server knew the
name, it would answer.
Now: connect to the published port on 127.0.0.1 instead of using the name.  If the asked container is on the host's
network, give the asking container the name with ``--add-host NAME:host-gateway``.
Lasting: put both containers on one network of the engine, and remove ``network_mode: host``.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, View, message
from hairpin.causes.names._resolving import Pair, by_address, made_known, pair_of
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the asking or the asked container is on the host's network."""
    pair = pair_of(view)
    if pair is not None and pair.asked.on_host_network and not pair.asking.on_host_network:
        yield _of_asked(pair)
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


def _of_asked(pair: Pair) -> Candidate:
    """Return the candidate that the name server knows only names on networks, and the asked container is on none."""
    facts = {"asking": pair.asking.name, "asked": pair.asked.name, "name": pair.name}
    change = made_known(
        pair,
        message(
            "recreate {asking} with --add-host {name}:host-gateway (Compose: extra_hosts): the name then is the host's "
            "address, where {asked} listens",
            **facts,
        ),
    )
    return Candidate(
        title=message("{asking} cannot resolve the name {name}: {asked} is on the host's network", **facts),
        detail=message(
            "The engine's name server knows the names of containers on the networks of {asking}. A container on the "
            "host's network is on none of them.",
            **facts,
        ),
        change=change,
        where=OfContainer(pair.asked.name, network="host"),
        in_class="container-without-ports",
        evidence=(pair.asked.evidence,),
        advice=(message("or: recreate {asked} on a network of {asking} instead of the host's", **facts),),
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
    shown_by=(
        "docker inspect --format '{{.Name}} {{.HostConfig.NetworkMode}}' $(docker ps -aq)",
        message("the container's NetworkMode is host"),
    ),
    reasons=frozenset({"name-unknown"}),
)
