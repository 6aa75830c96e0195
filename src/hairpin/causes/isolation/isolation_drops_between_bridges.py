"""The engine's isolation rules drop packets from one network's bridge to another network's bridge.

Users see: a container of one network cannot reach a container of another network.

Proof: the packet goes from one bridge of the engine to another bridge, and the engine's isolation rules drop it by
design.
Now: use ``docker network connect`` to connect one container to the other container's network.  If a network was made
on the host's own bridge, remove this network, and restore the bridge's address.
Lasting: put both containers on a common network in the Compose file.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import RULE_STOPS, Candidate, Cause, View, Way
from hairpin.causes.isolation._walls import by_name, is_within, pair_of
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.causes.where import OfNetwork
from hairpin.change.change import Change, DeleteRule
from hairpin.host.boot.configured import Configured
from hairpin.host.link import Link
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place, place_of
from hairpin.network.network import outer_link, owns_address


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate that connects the asking container to the asked container's network.

    The second candidate's change proves that the isolation stops the packet, and this candidate leaves the repair to a
    person."""
    place = stopped_by(view, "isolation")
    if place is None or is_within(view):
        return
    joined = _on_uplink(view)
    if joined is not None:
        yield _made_on_uplink(view, place, *joined)
        return
    pair = pair_of(view)
    connecting = pair.change(view) if pair is not None else None
    by_host_address = owns_address(view.host_namespace, view.flow.version, view.flow.daddr)
    if pair is not None and connecting is not None and not by_host_address:
        effects = pair.side_effects(view)
        yield msgspec.structs.replace(_candidate(view, place, connecting), side_effects=effects, cuts=bool(effects))
    apart = Way(
        Change(()),
        (message("put both into one network (docker network connect), or publish a port: the isolation is intended"),),
    )
    way = apart if pair is None else by_name(pair, view.stop.seen.packet.dport or view.flow.dport)
    yield _candidate(view, place, deletion(view, place), ways=(way,), offered=False)


def _on_uplink(view: View) -> tuple[str, Link] | None:
    """Return the network's bridge of the packet by which the host reaches the outside, and the bridge's port that leads
    there; None if the packet's bridges have containers only."""
    for name in (view.stop.seen.iif, view.stop.seen.oif):
        link = view.namespace.link(name)
        port = outer_link(view.network, view.stop.netns, link) if link is not None and link.kind == "bridge" else None
        if port is not None and _network_of(view, name) != name:
            return name, port
    return None


def _made_on_uplink(view: View, place: Place, bridge: str, port: Link) -> Candidate:
    """Return the candidate for a network that was made on the host's own bridge.  The change deletes the engine's
    isolation of this bridge, which goes with the network."""
    name = _network_of(view, bridge)
    tool = next((engine.kind for engine in view.host.engines if engine.network(name) is not None), "docker")
    made = _candidate(
        view,
        place,
        Change(tuple(DeleteRule(view.stop.netns, each) for each in _isolating(view, place, bridge))),
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "take the containers off {name}, then `{tool} network rm {name}`; then give {bridge} back the "
                        "addresses and the default route of the host's network configuration: the engine has put the "
                        "network's gateway address in their place",
                        name=name,
                        tool=tool,
                        bridge=bridge,
                    ),
                ),
                by_person=True,
            ),
        ),
        offered=False,
    )
    return msgspec.structs.replace(
        made,
        title=message("Network {name} was made on {bridge}, the host's own bridge", name=name, bridge=bridge),
        detail=message(
            "{port} is a port of {bridge}, so the host reaches its network by {bridge}. The engine keeps its networks "
            "apart: {rule} drops what goes between {bridge} and its other networks.",
            port=port.name,
            bridge=bridge,
            rule=place.text,
        ),
    )


def _isolating(view: View, place: Place, bridge: str) -> Iterator[Place]:
    """Yield the rules of the isolation's chains that name the bridge, the last ones first."""
    found = [
        place_of(table, chain.name, rule)
        for table in view.namespace.ruleset.tables
        if (table.family, table.name) == (place.family, place.table)
        for chain in table.chains
        if "ISOLATION" in chain.name
        for rule in chain.rules
        if bridge in rule.text.split()
    ]
    yield from reversed(found)


def _candidate(
    view: View, place: Place, change: Change, *, ways: tuple[Way, ...] = (), offered: bool = True
) -> Candidate:
    seen = view.stop.seen
    links = (seen.oif, seen.iif) if view.in_reply else (seen.iif, seen.oif)
    names = [_network_of(view, link) for link in links]
    return Candidate(
        title=message("{one} and {other} are separate networks", one=names[0], other=names[1]),
        detail=message(
            "The packet came from {iif} and would leave by {oif}; {rule} drops it. The engine keeps its networks apart "
            "by design.",
            iif=seen.iif,
            oif=seen.oif,
            rule=place.text,
        ),
        change=change,
        where=OfNetwork(networks=", ".join(names)),
        in_class="separation",
        evidence=(place.evidence,),
        configured=Configured("network-option", owner=", ".join(names)),
        ways=ways,
        offered=offered,
    )


def _network_of(view: View, link: str) -> str:
    """Return the name of the network whose bridge is ``link``.  If ``link`` is no network's bridge, return the link's
    name."""
    networks = (each for engine in view.host.engines for each in engine.networks)
    return next((each.name for each in networks if each.bridge == link), link)


CAUSE = Cause(
    title=message("The engine's isolation between networks"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    on_purpose=True,
    reasons=RULE_STOPS,
)
