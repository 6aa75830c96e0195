"""The first DNAT rule that matches translates to an address that no running container has, or that another container
has.

Users see: "No route to host" or timeouts after a container was recreated.  Or the port shows another container's pages.

Proof: the first DNAT rule that matches leads to an address that no running container has, or that belongs to a
container other than the one that publishes the port.  Without the rule, or with the present address, the flow arrives.
Now: delete the rule, start the container that had the address, or write the present address into the rule.
Lasting: remove the rule from the saved rules, or from the script that writes it.
"""

from msgspec.structs import replace

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfRule, Place, View, message
from hairpin.causes.nat_rules._translation import (
    dnat_place,
    is_in_engines_chain,
    is_podmans,
    leads_to,
    missed_publisher,
    rewritten,
    table_of,
)
from hairpin.change.change import Change, DeleteRule, InsertRule, Primitive
from hairpin.engines.repair.republishing import rules_with
from hairpin.engines.repair.starting import held_again
from hairpin.host.docker import Endpoint, PortBinding
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.attachment import Attachment, attachment_of, engines_read, network_for
from hairpin.network.network import owns_address
from hairpin.network.prefix import Version, address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.size.size_stop import tells_mtu


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidates for a packet whose new destination belongs to no container or to the wrong one.

    If no running container and no pod has the address, the first candidate deletes the rule and adds the engine's
    present rules for the port.  If no container publishes the port, a second candidate gives the address to a container
    again.
    """
    packet = view.stop.seen.packet
    place = dnat_place(view, view.host_netns) if not tells_mtu(packet) else None
    if place is None or view.in_reply or not engines_read(view.host):
        return
    holder = attachment_of(view.network, view.host, packet.daddr, packet.version)
    if holder is not None:
        yield from _led_to_another(view, place, holder)
        return
    if any(owns_address(each, packet.version, packet.daddr) for each in view.host.namespaces) or _is_near(view):
        return
    target = address_text(packet.daddr, packet.version)
    yield Candidate(
        title=message("A DNAT rule leads to {address}, which no running container has", address=target),
        detail=message("This rule is the first DNAT rule that matches this flow: {rule}", rule=place.text),
        change=Change((DeleteRule(view.host_netns, place), *_published_now(view))),
        where=OfRule(place),
        in_class="stale-translation",
        evidence=(place.evidence,),
        advice=(_writer(place),),
    )
    if not bindings_for(view):
        yield from _held_again(view, place)


def _writer(place: Place) -> Message:
    """Return the advice about the program that left the rule.

    netavark removes only what its present driver made: measured with netavark 1.14.0, whose driver changed from
    iptables to nftables while a container ran"""
    if is_podmans(place):
        return message(
            "Podman made the rule, and removes only rules of its present firewall driver: the driver has changed since "
            "(`firewall_driver` in containers.conf, an upgrade), or saved rules brought it back"
        )
    return message(
        "find what wrote the rule: saved rules that contain Docker's own rules, a helper container, a script"
    )


def _is_near(view: View) -> bool:
    """Return whether a rule stops the packet on its way to an on-link address of no engine's network.  Such an address
    is a machine's that no engine made, such as a virtual machine's."""
    packet = view.stop.seen.packet
    if view.stop.reason not in RULE_STOPS or network_for(view.host, packet.daddr, packet.version) is not None:
        return False
    found = lookup(view.host_namespace, Query(packet.version, packet.daddr))
    on_link = found.route is not None and found.route.prefix_length > 0 and found.type == "unicast"
    return on_link and all(each.gateway is None for each in found.next_hops)


def _led_to_another(view: View, place: Place, holder: Attachment) -> Iterator[Candidate]:
    """Yield the candidate that gives the rule the present address of the container that publishes the port.

    The rule leads to another container, which has the publishing container's former address now.  If saved rules took
    the place of the engine's, its other rules for the port are missing, too: the change then adds all of them.  If the
    engine's own rules are there, the rule alone is in their way: the change then only deletes it."""
    packet, rule = view.stop.seen.packet, rule_at(view.host_namespace.ruleset, place)
    owner = missed_publisher(view, holder.container)
    table = table_of(view, place)
    if rule is None or table is None or owner is None:
        return
    address = next((_address(each, packet.version) for each in owner.endpoints if _address(each, packet.version)), None)
    if address is None:
        return
    body = tuple(replace(each, addresses=(address, address)) if leads_to(each, packet.daddr) else each
                 for each in rule.body)  # fmt: skip
    taken, added = rewritten(view.host_netns, place, table, rule, body).parts
    facts = {
        "address": address_text(packet.daddr, packet.version),
        "other": holder.container.name,
        "name": owner.name,
        "own": address_text(address, packet.version),
    }
    lacking = tuple(_published_now(view))
    if not lacking and not is_in_engines_chain(place):
        return  # the engine's own rule stands behind a rule outside of its chains, which is another cause's
    said = (
        message(
            "{name} publishes the port. The rule names an address that {name} no longer has: {rule}",
            **facts,
            rule=place.text,
        )
        if lacking
        else message(
            "{name} publishes the port, and this rule stands before the engine's own rule for it: {rule}",
            **facts,
            rule=place.text,
        )
    )
    found = Candidate(
        title=message("A DNAT rule leads to {address}, which belongs to {other} now; {name} has {own}", **facts),
        detail=said,
        change=Change((taken, added) if lacking else (taken,)),
        where=OfRule(place),
        in_class="stale-translation",
        evidence=(place.evidence,),
        advice=(
            message("give {name} a fixed address (--ip, on a network of its own), or find what wrote the rule", **facts)
            if lacking
            else message(
                "find what wrote the rule: saved rules that contain Docker's own rules, a helper container, a script"
            ),
        ),
    )  # fmt: skip
    others = any(isinstance(each, InsertRule) and each.table != place.table for each in lacking)
    yield replace(found, change=Change((taken, *lacking))) if others else found


def _address(endpoint: Endpoint, version: Version) -> int | None:
    return endpoint.ipv4 if version == 4 else endpoint.ipv6


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
    reasons=frozenset(
        {"no-neighbour", "left-instead", "no-carrier", "no-route", "no-listener", "answered-by-other", *RULE_STOPS}
    ),
)
