"""firewalld runs, and the containers' bridge is in no zone that lets the containers' packets pass.

Users see: containers get "No route to host", first for DNS queries.  While firewalld is stopped, containers do not get
this error.

Proof: the firewalld zone of the bridge rejects the packet.  With the bridge in the right zone the packet passes.
Now: ``firewall-cmd --zone=docker --change-interface=BRIDGE``.  dockerd makes zone docker when it starts while firewalld
runs, and dockerd does not start while another zone has its bridge.  If zone docker does not exist yet, leave the bridge
in its zone and add its network as a source of zone ``trusted``, as Podman does with its own networks.
Lasting: run the same firewall-cmd command with ``--permanent``.
"""

from hairpin.causes.firewalld._zones import accepted_by_zone, is_source, keeper_of, zone_of, zones
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfZone, Place, View, message
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.calls import BindInterface, TrustSource
from hairpin.change.change import Change, Primitive
from hairpin.firewalls.chain_owner import strict_hook
from hairpin.netfilter.ir import NameMatch
from hairpin.network.network import addresses_of

_ACCEPTING = ("docker", "trusted")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when firewalld stopped a packet from a container bridge that is in no accepting zone.

    firewalld asks its policies before its zones, so a policy between zones may stop the packet in any zone.  A packet
    whose source is in a zone is in that zone by any link, so the zone of its link does not matter.  The same holds for
    a packet that firewalld stops before it asks any zone."""
    place, link = stopped_by(view, "firewalld"), view.stop.seen.iif
    if place is None or view.stop.stage not in ("input", "forward") or strict_hook(place):
        return
    keeper = keeper_of(view, place)
    if keeper.kind == "policy" or keeper.by_source:
        return
    tools = [engine.kind for engine in view.host.engines for each in engine.networks if each.bridge == link]
    accepting = (each for each in zones(view) if each.name in _ACCEPTING or each.target == "ACCEPT")
    packet = view.stop.seen.packet
    if not tools or any(link in each.interfaces or is_source(each, packet.saddr, packet.version) for each in accepting):
        return
    zone = "docker" if "docker" in tools and _is_known(view, "docker") else "trusted"
    by_source = "docker" in tools and zone == "trusted"
    calls = tuple(_trusted_networks(view, link)) if by_source else (BindInterface(zone, link),)
    if not calls:
        return
    yield Candidate(
        title=message("No zone of firewalld lets the packets of {link} pass", link=link)
        if by_source
        else message("{link} is not in firewalld's zone {zone}", link=link, zone=zone),
        detail=message(
            "The bridge is in zone {present}, and firewalld's {chain} stops packets that containers send: {rule}",
            present=zone_of(view, link),
            chain=place.chain,
            rule=place.text,
        ),
        change=Change(tuple(_let_in(view, place, link)), calls),
        where=OfZone(place, interface=link, zone=zone),
        in_class="bridge-in-wrong-zone",
        evidence=(place.evidence,),
        side_effects=(message("everything that comes from {link} is let in, not only this flow", link=link),),
        advice=(
            message(
                "do not put {link} into another zone: if firewalld runs when dockerd starts, dockerd puts its bridges "
                "into a zone of its own, and it does not start if another zone has them (ZONE_CONFLICT)",
                link=link,
            ),
        )
        if by_source
        else (),
    )


def _trusted_networks(view: View, link: str) -> Iterator[TrustSource]:
    """Yield, for each network in which the bridge has an address, a call that makes the network a source of zone
    ``trusted``."""
    for each in addresses_of(view.host_namespace, link, view.stop.seen.packet.version):
        if each.scope == "global":
            yield TrustSource(str(each.prefix))


def _let_in(view: View, place: Place, link: str) -> Iterator[Primitive]:
    """Yield the parts that add the rules of an accepting zone, which accept and forward all packets from the link."""
    of_place = (place.dialect, place.family, place.table)
    tables = (each for each in view.host_namespace.ruleset.tables if (each.dialect, each.family, each.name) == of_place)
    yield from accepted_by_zone(view, tables, (NameMatch("iif", (link,)),))


def _is_known(view: View, name: str) -> bool:
    """Return whether firewalld has the zone.  firewalld's files name also the zones that have no interfaces.

    dockerd makes the zone ``docker`` and puts its bridges into this zone.  dockerd does not start while one of its
    bridges is bound to another zone."""
    firewalld = view.host.firewalld
    return firewalld is not None and any(each.name == name for each in (*firewalld.runtime, *firewalld.permanent))


CAUSE = Cause(
    title=message("The containers' bridge is in no zone of firewalld that lets its traffic pass"),
    source="firewalld.zones(5); moby: libnetwork/iptables/firewalld.go",
    shown_by=(
        "sudo firewall-cmd --list-all-zones",
        message("the bridge is in no zone, or in a zone whose target is not ACCEPT"),
    ),
    reasons=RULE_STOPS,
)
