"""Finds the rule that translated a packet's destination, tells whether the rule leads the packet back to its sender or
to the wrong container, and inserts a rule in front of another one."""

import msgspec

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.kit import Netns, Place, View
from hairpin.change.change import Change, DeleteRule, InsertRule
from hairpin.change.intent import LetIn, rendered
from hairpin.engines.docker.chains import NATIVE_TABLE
from hairpin.host.docker import Container
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.network.network import is_held
from hairpin.programs import CHAINS_OF_PODMAN, PODMAN
from hairpin.walk.decided import RuleDecided


def dnat_place(view: View, netns: Netns) -> Place | None:
    """Return the first rule in the network namespace that translated the request's destination, or None."""
    for step in view.branch.request:
        if step.netns == netns and step.translates_destination and isinstance(step.decided_by, RuleDecided):
            return step.decided_by.place
    return None


def is_in_engines_chain(place: Place) -> bool:
    """Return whether the rule is in a chain of dockerd, in which dockerd's own translations are."""
    return place.chain in ("DOCKER", "DOCKER-INGRESS") or place.table == NATIVE_TABLE


def is_podmans(place: Place) -> bool:
    """Return whether the rule is in a table or a chain of Podman's network back end."""
    return PODMAN.makes_table(place.table) if place.dialect == "nft" else place.chain.startswith(CHAINS_OF_PODMAN)


def leads_to(part: ir.Expression, address: int) -> bool:
    """Return whether the part of a rule translates to this address alone."""
    return isinstance(part, ir.Nat) and part.addresses == (address, address)


def missed_publisher(view: View, reached: Container) -> Container | None:
    """Return the running container that publishes the asked port, if a rule of the host led the packet to ``reached``
    instead; None if ``reached`` publishes the port or shares its publisher's network."""
    place, address = dnat_place(view, view.host_netns), view.stop.seen.packet.daddr
    rule = rule_at(view.host_namespace.ruleset, place) if place is not None and not view.in_reply else None
    if rule is None or not any(leads_to(each, address) for each in rule.body):
        return None
    publishing = [container for container, _ in bindings_for(view) if container.running]
    owners = {view.host.network_owner(each).id for each in publishing}
    return next(iter(publishing), None) if view.host.network_owner(reached).id not in owners else None


def inserted_at(view: View, netns: Netns, place: Place, body: tuple[ir.Expression, ...]) -> Change:
    """Return the change that inserts a rule with this body in front of the rule at ``place``."""
    made = rendered(LetIn(netns, place, place.chain, (body,)), view.network)
    return Change(
        tuple(
            msgspec.structs.replace(part, position=place.number) if isinstance(part, InsertRule) else part
            for part in made.parts
        )
    )


def table_of(view: View, place: Place) -> ir.Table | None:
    """Return the table of the host that has the rule."""
    return view.host_namespace.ruleset.table(place.family, place.table, place.dialect)


def rewritten(netns: Netns, place: Place, table: ir.Table, rule: ir.Rule, body: tuple[ir.Expression, ...]) -> Change:
    """Return the change that puts a rule with this body in the place of the rule: its two parts, a deletion and an
    insertion."""
    if place.dialect == "nft":
        from hairpin.netfilter.nft.render import render_rule  # noqa: PLC0415 - most hosts have rules of iptables alone

        text = render_rule(body, table)
    else:
        text = spelled(body, place.chain, "ip6" if place.family == "ip6" else "ip")
    made = ir.Rule(body, text, rule.number)
    added = InsertRule(netns, place.dialect, place.family, place.table, place.chain, made, place.number)
    return Change((DeleteRule(netns, place), added))


def is_led_back(view: View) -> bool:
    """Return whether a rule leads a container's packets for another machine back to the bridge port by which they came
    in."""
    place = dnat_place(view, view.host_netns)
    if view.stop.reason != "hairpin-off" or view.in_reply or place is None or place.chain.startswith("DOCKER"):
        return False
    return not is_held(view.network, view.flow.version, view.flow.daddr)
