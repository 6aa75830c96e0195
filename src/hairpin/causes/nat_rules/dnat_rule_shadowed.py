"""Another DNAT or REDIRECT rule translates packets to the port before the engine's rule can.

Users see: another service replies on the port, or connections to the port are refused.

Proof: the first matching rule in nat is not a rule of the engine.  Without this rule the flow arrives.
Now: delete the rule, or make it narrower.
Lasting: remove the rule from the saved rules, or from the configuration of the manager that owns it.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, message
from hairpin.causes.nat_rules._translation import dnat_place, is_in_engines_chain, is_led_back
from hairpin.change.change import DeleteRule, one
from hairpin.change.intent import Body, LetIn, rendered
from hairpin.host.docker import Container
from hairpin.netfilter.ir import Field, FieldMatch, Verdict
from hairpin.network.attachment import attachment_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a rule outside the engine's chains translated a published port, or when a rule inside
    the container translated its service's port."""
    if not view.on_host:
        yield from _inside(view)
    place = dnat_place(view, view.host_netns)
    if place is None or view.in_reply or is_in_engines_chain(place):
        return
    meant = view.flow.container is not None
    packet = view.stop.seen.packet
    if view.stop.reason == "hairpin-off":
        if is_led_back(view):
            yield _led_back(view, place)
        return
    reached = attachment_of(view.network, view.host, packet.daddr, packet.version)
    if reached is not None and reached.container.name == view.meant and _published(view, reached.container):
        return
    yield Candidate(
        title=message("Another translation takes this port before the container engine's")
        if meant
        else message("A translation sends this flow to a destination where nothing takes it"),
        detail=message("{table} {chain}: {rule}", table=place.table, chain=place.chain, rule=place.text),
        change=one(DeleteRule(view.host_netns, place)),
        where=OfRule(place),
        in_class="shadowing-translation" if meant else "odd-translation",
        evidence=(place.evidence,),
    )


def _led_back(view: View, place: Place) -> Candidate:
    """Return the candidate for a rule that leads a container's packets for another machine back to the container.

    The repair keeps the rule, and excepts the container's own packets from it."""
    packet = view.stop.seen.packet
    source: Field = "saddr4" if packet.version == 4 else "saddr6"
    own: Body = (
        FieldMatch(source, ((packet.saddr, packet.saddr),)),
        FieldMatch("protocol", ((packet.protocol, packet.protocol),)),
        *((FieldMatch("dport", ((view.flow.dport, view.flow.dport),)),) if packet.dport is not None else ()),
        Verdict("accept"),
    )
    change = rendered(LetIn(view.host_netns, place, place.chain, (own,)), view.network)
    name = view.flow.of_container or ""
    return Candidate(
        title=message("A translation leads the packets of {name} back to {name} itself", name=name),
        detail=message("{table} {chain}: {rule}", table=place.table, chain=place.chain, rule=place.text),
        change=change,
        where=OfRule(place),
        in_class="shadowing-translation",
        evidence=(place.evidence,),
        advice=(
            message(
                "the rule is meant for other containers: write the exception for {name} into the file or program that "
                "makes the rule",
                    name=name),
        ),
    )  # fmt: skip


def _inside(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a rule that a person typed into the container's nat table.  A program's rules are in the
    program's own chains and get no candidate.  If a program's rule leads to a port without a listener, the fault is the
    missing listener."""
    place = dnat_place(view, view.stop.netns)
    if place is None or view.in_reply or place.chain != "PREROUTING":
        return
    packet, name = view.stop.seen.packet, view.network.netns_text(view.stop.netns)
    yield Candidate(
        title=message("A translation in {netns} sends this flow to a destination where nothing takes it", netns=name),
        detail=message("{table} {chain}: {rule}", table=place.table, chain=place.chain, rule=place.text),
        change=one(DeleteRule(view.stop.netns, place)),
        where=OfRule(place),
        in_class="shadowing-translation",
        evidence=(place.evidence,),
        advice=(
            message(
                "if the rule is intended, start the service that should listen on port {port} at its destination",
                port=packet.dport,
            ),
        ),
    )


def _published(view: View, container: Container) -> bool:
    """Return whether the container publishes the flow's port to the container port that the packet has after the
    translation."""
    return any(
        (each.host_port, each.container_port) == (view.flow.dport, view.stop.seen.packet.dport)
        for each in container.bindings
    )


CAUSE = Cause(
    title=message("Another DNAT rule takes the port first"),
    source="iptables(8): nat, first match wins",
    reasons=frozenset(
        {
            "no-listener",
            "never-accepts",
            "no-neighbour",
            "left-instead",
            "hairpin-off",
            "answered-by-other",
            *RULE_STOPS,
        }
    ),
)
