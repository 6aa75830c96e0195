"""A container on several networks answers by another link than the one at which the request came in.

Users see: a published port of a container on two networks times out, or a connection opens and stays silent, while the
same image works on one network.

Proof: the request came in by one link of the container, and the answer left by another link, to which the container's
route to the client leads.  If answers from the requested address leave by the request's link, they arrive.
Now: give the container one default route, by the network at which its clients come in.  Docker from 28 on has
``--gw-priority``; Podman's networks have the option ``no_default_route``.
Machines in the other network's own subnet ask the container at its address there.
Lasting: the same, because an engine makes the container's routes at each start.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, View, Way, message
from hairpin.change.change import AddEntry, Change
from hairpin.host.docker import Container, Endpoint
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.network.prefix import address_text, width
from hairpin.walk.decided import RouteDecided
from hairpin.walk.state import Step


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate for an answer that left a container by another link than the request came in by."""
    arrived = next((step for step in reversed(view.branch.request) if step.stage == "socket"), None)
    left = next((step for step in view.branch.reply if step.stage == "output-route"), None)
    if not view.in_reply or arrived is None or left is None or arrived.netns != left.netns or arrived.netns.is_host:
        return
    container = view.network.container_of(arrived.netns)
    if container is None or left.link in (arrived.link, "lo") or arrived.link == "lo":
        return
    owner = view.host.network_owner(container)
    by, other = _network_at(view, owner, arrived), _network_at(view, owner, left)
    if by is None or by.gateway4 is None or left.packet.version == 6:
        return
    own, client = arrived.packet.daddr, left.packet.daddr
    taken = {each.table for each in view.network.namespace(arrived.netns).routes}
    table = next(each for each in range(100, 1000) if each not in taken)
    way = Route(4, 0, 0, table=table, next_hops=(NextHop(arrived.link, by.gateway4),))
    of_address = PolicyRule(4, 1000, table=table, source=(own, width(4)))
    facts = {"name": owner.name, "by": by.network, "other": other.network if other is not None else left.link}
    yield Candidate(
        title=message("{name} answers by network {other}, and the requests come in by network {by}", **facts),
        detail=message(
            "The request reached {name} at {address}. Its answer to {client} leaves by {link}, because of the route "
            "`{route}` in {name}.",
            name=owner.name,
            address=address_text(own, 4),
            client=address_text(client, 4),
            link=left.link,
            route=left.decided_by.route if isinstance(left.decided_by, RouteDecided) else "-",
        ),
        change=Change((AddEntry(arrived.netns, way), AddEntry(arrived.netns, of_address))),
        where=OfContainer(owner.name, network=by.network),
        in_class="link-or-route",
        evidence=(owner.evidence,),
        offered=False,
        ways=(Way(Change(()), (_repair(view, owner, by, other),), by_person=True),),
        joins=f"{owner.name}:{by.network}",
    )


def _network_at(view: View, container: Container, step: Step) -> Endpoint | None:
    """Return the container's endpoint whose address the step's link has."""
    held = {each.value for each in view.network.namespace(step.netns).addresses if each.link == step.link}
    return next((each for each in container.endpoints if each.ipv4 in held), None)


def _repair(view: View, container: Container, by: Endpoint, other: Endpoint | None) -> Message:
    facts = {"name": container.name, "by": by.network, "other": other.network if other is not None else "-"}
    if view.host.engine_of(container).kind == "podman":
        return message(
            "recreate network {other} with `-o no_default_route=1`, and {name} with it: its only default route is then "
            "that of network {by}. Clients in the subnet of {other} have to ask {name} at its address there",
            **facts,
        )
    return message(
        "connect {name} to network {by} with a higher gateway priority than to {other} (`docker network connect "
        "--gw-priority 1`, from Docker 28 on), or take it off network {other}. Clients in the subnet of {other} have "
        "to ask {name} at its address there",
        **facts,
    )


CAUSE = Cause(
    title=message("A container answers by another network than the one at which its clients come in"),
    source="net/ipv4/fib_semantics.c fib_select_default(); moby libnetwork/sandbox.go getGatewayEndpoint()",
    reasons=frozenset({"wrong-answer", "rp-filter", "rule", "policy", "reject", "no-neighbour", "martian-source"}),
    fixed_with="container",
)
