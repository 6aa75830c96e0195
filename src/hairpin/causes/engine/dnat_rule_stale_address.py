"""The first DNAT rule that matches translates to an address that no running container has.

Users see: "No route to host" or timeouts after a container was recreated.

Proof: the first DNAT rule that matches leads to an address that no running container has.  Without the rule the flow
arrives.
Now: delete the rule, or start the container that had the address.
Lasting: remove the rule from the saved rules, or from the script that writes it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import RULE_STOPS, Candidate, Cause, View
from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.nat_rules._translation import dnat_place
from hairpin.causes.where import OfRule
from hairpin.change.change import Change, DeleteRule, Primitive
from hairpin.engines.repair.republishing import rules_with
from hairpin.engines.repair.starting import held_again
from hairpin.host.docker import PortBinding
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.attachment import attachment_of, engines_read, network_for
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text
from hairpin.walk.size.size_stop import tells_mtu


def find(view: View) -> Iterator[Candidate]:
    """Yield two candidates when the packet was translated to an address that no running container and no pod has.

    The first candidate deletes the rule and adds the engine's present rules for the port.  If no container publishes
    the port, a second candidate gives the address to a container again.
    """
    packet = view.stop.seen.packet
    place = dnat_place(view, view.host_netns) if not tells_mtu(packet) else None
    if (
        place is None
        or view.in_reply
        or not engines_read(view.host)
        or attachment_of(view.network, view.host, packet.daddr, packet.version) is not None
        or any(owns_address(each, packet.version, packet.daddr) for each in view.host.namespaces)
    ):
        return
    target = address_text(packet.daddr, packet.version)
    yield Candidate(
        title=message("A DNAT rule leads to {address}, which no running container has", address=target),
        detail=message("It is the first DNAT rule that matches this flow: {rule}", rule=place.text),
        change=Change((DeleteRule(view.host_netns, place), *_published_now(view))),
        where=OfRule(place),
        in_class="stale-translation",
        evidence=(place.evidence,),
        advice=(
            message(
                "find what wrote the rule: saved rules that contain Docker's own rules, a helper container, a script"
            ),
        ),
    )
    if not bindings_for(view):
        yield from _held_again(view, place)


def _published_now(view: View) -> Iterator[Primitive]:
    """Yield the parts that add the engine's rules for the running container that publishes the port."""
    for container, binding in bindings_for(view):
        if container.running and binding.actual:
            yield from rules_with(view.host, container, container)


def _held_again(view: View, place: Place) -> Iterator[Candidate]:
    packet = view.stop.seen.packet
    network = network_for(view.host, packet.daddr, packet.version)
    if network is None or packet.version != 4 or packet.protocol not in (TCP, UDP) or packet.dport is None:
        return
    binding = PortBinding("udp" if packet.protocol == UDP else "tcp", packet.dport, view.flow.dport, None, 4)
    change = held_again(view.host, packet.daddr, network, binding)
    if change is not None:
        target = address_text(packet.daddr, packet.version)
        yield Candidate(
            title=message("a DNAT rule leads to {address}, which nothing has any more", address=target),
            detail=message("The rule is still there, the container is not: {rule}", rule=place.text),
            change=change,
            where=OfRule(place),
            in_class="address-held-by-nobody",
            evidence=(place.evidence,),
            advice=(message("start the container that had the address; if it is gone for good, delete the rule"),),
        )


CAUSE = Cause(
    title=message("A DNAT rule leads to an address that nobody has"),
    source="moby: libnetwork/drivers/bridge/port_mapping_linux.go",
    reasons=frozenset({"no-neighbour", "left-instead", "no-carrier", "no-route", *RULE_STOPS}),
)
