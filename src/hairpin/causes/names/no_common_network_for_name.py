"""The two containers are on different networks, and a container's name is known on its own networks only.

Users see: ``bad address 'db'`` from the containers of one stack, while the containers of another stack resolve the
name.

Proof: the container's name server knows only containers on its own networks, and the asked container is on none of
them.  On a common network the name server knows the name.
Now: connect one of the containers to a network of the other container (``docker network connect``).
Lasting: declare the network as ``external`` in the Compose file of the other stack.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, View, message
from hairpin.causes.names._resolving import by_address, pair_of, resolving
from hairpin.change.calls import ConnectContainer
from hairpin.change.change import Change
from hairpin.network.names import names_on, serving


def find(view: View) -> Iterator[Candidate]:
    pair = pair_of(view)
    if pair is None or pair.asking.on_host_network:
        return
    own, theirs = serving(pair.engine, pair.asking), serving(pair.engine, pair.asked)
    if not own or not theirs or set(own) & set(theirs):
        return
    knowing = tuple(each for each in theirs if view.flow.asked_name in names_on(pair.engine, each))
    change = resolving(pair)
    yield Candidate(
        title=message(
            "{asking} cannot resolve the name {name}: they share no network",
            asking=pair.asking.name,
            name=view.flow.asked_name,
        ),
        detail=message(
            "{asking} is on {own}, {asked} on {theirs}. A container's name is known only on its own networks.",
            asking=pair.asking.name,
            own=", ".join(own),
            asked=pair.asked.name,
            theirs=", ".join(theirs),
        ),
        change=change,
        where=OfContainer(pair.asking.name, networks=", ".join(own), asked=", ".join(theirs)),
        in_class="container-without-ports",
        evidence=tuple(dict.fromkeys((pair.asking.evidence, pair.asked.evidence))),
        side_effects=tuple(_reached_then(change)),
        advice=by_address(pair) if knowing else (),
    )


def _reached_then(change: Change) -> Iterator[Message]:
    """Yield what the container that is connected to a network can reach then."""
    for call in change.calls:
        if isinstance(call, ConnectContainer) and call.verb == "connect":
            yield message(
                "{asking} can then reach the other containers of {network}, and they can reach it",
                asking=call.name,
                network=call.network,
            )


CAUSE = Cause(
    title=message("The name is known on another network only"),
    source="moby libnetwork/sandbox.go ResolveName(): the endpoints of the asking sandbox",
    shown_by=(
        "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)",
        message("the two containers share no network"),
    ),
    reasons=frozenset({"name-unknown"}),
)
