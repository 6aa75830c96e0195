"""firewalld runs, and the containers' bridge is in no zone that lets its traffic pass.

Users see: "No route to host" from containers, in names and ways out; stopping firewalld cures it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.rules._lifting import exception
from hairpin.causes.rules._rule_owner import owner
from hairpin.causes.rules.firewalld_zone_blocks_port import zone_of_link
from hairpin.change.calls import BindInterface
from hairpin.change.change import Change
from hairpin.host.managers import FirewalldZone
from hairpin.message import message

_ACCEPTING = ("docker", "trusted")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when firewalld stopped what comes from a container bridge outside of such a zone."""
    place, link = view.place, view.stop.seen.iif
    if place is None or owner(view, place) != "firewalld" or view.stop.stage not in ("input", "forward"):
        return
    bridges = {each.bridge for engine in view.host.engines for each in engine.networks}
    if link not in bridges or any(link in zone.interfaces for zone in _zones(view) if _accepts(zone)):
        return
    zone = "docker" if any(each.name == "docker" for each in _zones(view)) else "trusted"
    yield Candidate(
        title=message("{link} is not in firewalld's zone {zone}", link=link, zone=zone),
        detail=message(
            "It is in zone {present}, and firewalld's {chain} answers what containers send: {rule}",
            present=zone_of_link(view, link),
            chain=place.chain,
            rule=place.text,
        ),
        change=Change(exception(view, place).parts, (BindInterface(zone, link),)),
        where=where(interface=link, zone=zone, table=f"{place.family} {place.table}", chain=place.chain),
        rank=24,
        evidence=(place.evidence,),
        side_effects=(message("everything that comes from {link} is let in, not only this flow", link=link),),
    )


def _zones(view: View) -> tuple[FirewalldZone, ...]:
    firewalld = view.host.firewalld
    if firewalld is None:
        return ()
    return firewalld.runtime or firewalld.permanent


def _accepts(zone: FirewalldZone) -> bool:
    return zone.name in _ACCEPTING or zone.target == "ACCEPT"


CAUSE = Cause(
    id="firewalld-bridge-in-wrong-zone",
    title="The containers' bridge is in no zone of firewalld that lets its traffic pass",
    source="firewalld.zones(5); moby: libnetwork/iptables/firewalld.go",
    reasons=frozenset({"rule", "reject", "policy"}),
    find=find,
)
