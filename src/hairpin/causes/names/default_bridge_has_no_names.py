"""The asking or the asked container is on the engine's default network only, which has no name server.

Users see: ``bad address 'api'``, ``getaddrinfo ENOTFOUND``, ``Temporary failure in name resolution`` between containers
that reach each other by address.

Proof: the name server that the container asks does not know the other container's name.  On a common network that is
not the default network, the engine's own name server knows the name.
Now: connect both containers to one user-defined network (``docker network create``, ``docker network connect``).
Lasting: name the network in the Compose file, or in the option ``--network`` of the commands that create the
containers.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, View, message
from hairpin.causes.names._resolving import Pair, by_address, pair_of, resolving
from hairpin.host.docker import Container
from hairpin.network.names import serving


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the asking or the asked container is on no network that has name resolution."""
    pair = pair_of(view)
    if pair is None or pair.asking.on_host_network or pair.asked.on_host_network:
        return
    alone = next((each for each in (pair.asking, pair.asked) if not serving(pair.engine, each)), None)
    networks = ", ".join(each.network for each in pair.host.pod_holder(alone).endpoints) if alone is not None else ""
    if alone is None or not networks:
        return
    yield Candidate(
        title=message(
            "{asking} cannot resolve the name {name}: network {network} has no name server",
            asking=pair.asking.name,
            name=view.flow.asked_name,
            network=networks,
        ),
        detail=_why(pair, alone, networks),
        change=resolving(pair),
        where=OfContainer(alone.name, network=networks),
        in_class="container-without-ports",
        evidence=(alone.evidence,),
        advice=(
            *by_address(pair),
            message(
                "compose makes such a network automatically; without compose, `--network NAME` and `--network-alias "
                "NAME` give a container a name there"
            ),
        ),
    )


def _why(pair: Pair, alone: Container, networks: str) -> Message:
    if pair.engine.kind == "podman":
        return message(
            "{name} is on {network}, a network without a name server (dns_enabled is false, as it is for Podman's "
            "default network).",
            name=alone.name,
            network=networks,
        )
    return message(
        "{name} is only on Docker's default network. Docker's own name server (127.0.0.11) serves every network except "
        "this one.",
        name=alone.name,
    )


CAUSE = Cause(
    title=message("The default network resolves no container names"),
    source="docs.docker.com: Differences between user-defined bridges and the default bridge",
    shown_by=(
        "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)",
        message("both are on the network bridge, which resolves no names"),
    ),
    reasons=frozenset({"name-unknown"}),
)
