"""The engine's isolation rules drop packets from one network's bridge to another network's bridge.

Users see: a container of one network cannot reach a container of another network.

Proof: the packet goes from one bridge of the engine to another bridge, and the engine's isolation rules drop it by
design.
Now: use ``docker network connect`` to connect one container to the other container's network.
Lasting: put both containers on a common network in the Compose file.
"""

import msgspec

from hairpin.causes.isolation._walls import by_name, is_on_uplink, is_within, pair_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfNetwork, Place, View, Way, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.change import Change
from hairpin.host.boot.configured import Configured
from hairpin.network.network import owns_address


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate that connects the asking container to the asked container's network.

    The second candidate's change proves that the isolation stops the packet, and this candidate leaves the repair to a
    person."""
    place = stopped_by(view, "isolation")
    if place is None or is_within(view):
        return
    if any(is_on_uplink(view, link) for link in (view.stop.seen.iif, view.stop.seen.oif)):
        return  # the cause network-on-host-bridge reports a container network on the host's own bridge
    pair = pair_of(view)
    connecting = pair.change(view) if pair is not None else None
    by_host_address = owns_address(view.host_namespace, view.flow.version, view.flow.daddr)
    if pair is not None and connecting is not None and not by_host_address:
        effects = pair.side_effects(view)
        yield msgspec.structs.replace(
            _candidate(view, place, connecting), side_effects=effects, cuts=bool(effects), advice=pair.putting_back
        )
    apart = Way(
        Change(()),
        (
            message(
                "put both containers into one network (docker network connect), or publish a port: the isolation is "
                "intended"
            ),
        ),
    )
    way = apart if pair is None else by_name(view, pair, view.stop.seen.packet.dport or view.flow.dport)
    yield _candidate(view, place, deletion(view, place), ways=(way,), offered=False)


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
    shown_by=(
        "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)",
        message("the two containers share no network"),
    ),
    on_purpose=True,
    reasons=RULE_STOPS,
)
