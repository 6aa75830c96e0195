"""The engine's isolation rules drop packets from one network's bridge to another network's bridge.

Docker keeps all its networks apart.  Podman's networks reach each other, unless they were made with ``--opt
isolate=true`` (apart from others with this option) or ``isolate=strict`` (apart from all).

Users see: a container of one network cannot reach a container of another network.

Proof: the packet goes from one bridge of the engine to another bridge, and the engine's isolation rules drop it by
design.
Now: use ``docker network connect`` to connect one container to the other container's network.
Lasting: put both containers on a common network in the Compose file.
"""

import msgspec

from hairpin.causes.isolation._walls import by_name, is_on_uplink, is_within, pair_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfNetwork, Place, View, Way, message
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
    chosen = _with_isolate(view, links)
    owner, option = chosen[-1] if chosen else (", ".join(names), "")
    return Candidate(
        title=message("{one} and {other} are separate networks", one=names[0], other=names[1]),
        detail=_detail(view, place, tuple(name for name, _ in chosen)),
        change=change,
        where=OfNetwork(networks=", ".join(names)),
        in_class="separation",
        evidence=(place.evidence,),
        configured=Configured("network-option", option=option, owner=owner),
        ways=ways,
        offered=offered,
    )


def _with_isolate(view: View, links: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the names of Podman's networks that a person has isolated from other networks, each with the option.

    ``isolate=true`` keeps a network apart from others that have this option, ``isolate=strict`` from all.  Without it,
    Podman's networks reach each other.  Source: podman-network-create(1); held against podman 5.8.6"""
    networks = (each for engine in view.host.engines if engine.kind == "podman" for each in engine.networks)
    found = {each.bridge: (each.name, each.option("isolate")) for each in networks}
    told = (found.get(link, ("", None)) for link in links)
    return tuple((name, f"isolate={value}") for name, value in told if value in ("true", "strict"))


def _detail(view: View, place: Place, chosen: tuple[str, ...]) -> Message:
    facts = {"iif": view.stop.seen.iif, "oif": view.stop.seen.oif, "rule": place.text}
    if chosen:
        return message(
            "The packet came from {iif} and would leave by {oif}; {rule} drops it. Podman's networks reach each other, "
            "unless somebody has made them with the option isolate, as {names}.",
            **facts,
            names=", ".join(chosen),
        )
    return message(
        "The packet came from {iif} and would leave by {oif}; {rule} drops it. The engine keeps its networks apart by "
        "design.",
        **facts,
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
