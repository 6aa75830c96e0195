"""A bridge port is not in the state forwarding, or lacks a setting with which the engine made it.

Users see: no client reaches one container, not even the host itself, although the container's link is up.

Proof: the frame stops at the port.  With the settings that the engine gave the port, the frame passes.
Now: ``bridge link set dev PORT state 3`` (forwarding), or the same command with the flag that is off.
Lasting: correct the configuration of the program that set the port.  If STP is on, STP sets the state.  A port in the
state listening or learning forwards after the bridge's delay.  A port in the state blocking is a second path to the
same network.  A port in the state disabled was shut by its BPDU guard: something behind the port speaks STP.  With STP,
no command sets the state: the port has to go down and up again.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Host, Iterator, Message, Namespace, Netns, OfLink, View, Way, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import Change, SetLink, one
from hairpin.engines.repair.bridging import port_of
from hairpin.host.docker import Engine
from hairpin.host.link import PORT_FLAGS, BridgePort, Link
from hairpin.network.attachment import network_of_bridge


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each bridge port on the flow's path that does not forward or has other settings than the
    engine's settings."""
    for netns, namespace in namespaces_on_way(view):
        if netns.is_host or netns.overlay is not None:
            yield from _on(view, netns, namespace)


def _on(view: View, netns: Netns, namespace: Namespace) -> Iterator[Candidate]:
    for link in namespace.links:
        if link.port is None or link.master is None or not (link.up and link.carrier):
            continue  # the kernel disables a port without carrier, and no command enables it
        engine = _engine_of(view.network.host(netns.host), link.master) if netns.is_host else None
        wanted = _that_forwards(namespace, link.master, link.port)
        if engine is not None and link.kind == "veth":
            wanted = _as_made(wanted, port_of(engine))
        if link.port.state == "disabled" and _speaks_stp(namespace, link.master):
            yield _shut_candidate(netns, link)
        elif wanted != link.port:
            yield _candidate(netns, link, wanted)
        elif not link.port.forwards:
            yield _stp_candidate(netns, namespace, link)


def _engine_of(host: Host, bridge: str) -> Engine | None:
    network = network_of_bridge(host, bridge)
    return next((each for each in host.engines if network in each.networks), None)


def _that_forwards(namespace: Namespace, bridge: str, port: BridgePort) -> BridgePort:
    """Return the port in state forwarding, which the kernel sets on a bridge without STP.  On a bridge with STP, STP
    decides the state, so the port is returned unchanged.

    Source: net/bridge/br_stp_if.c br_stp_enable_port(), br_stp.c br_port_state_selection()"""
    return port if _speaks_stp(namespace, bridge) or port.forwards else forwarding_port(port)


def _speaks_stp(namespace: Namespace, bridge: str) -> bool:
    """Return whether STP is on for the bridge.  STP counts as on for a bridge whose settings were not read."""
    master = namespace.link(bridge)
    return master is None or master.bridge is None or master.bridge.stp


_AS_MADE = tuple(each for each in PORT_FLAGS if each not in ("hairpin", "isolated"))
"""The flags that this cause sets back.  Other causes handle hairpin mode and isolation."""


def _as_made(port: BridgePort, made: BridgePort) -> BridgePort:
    """Return the port with the engine's settings."""
    return msgspec.structs.replace(port, **{each: getattr(made, each) for each in _AS_MADE})


def _candidate(netns: Netns, link: Link, wanted: BridgePort) -> Candidate:
    return Candidate(
        title=message("Bridge port {link} does not forward", link=link.name)
        if link.kind != "veth"
        else message("Bridge port {link} does not forward: it has other flags than its engine set", link=link.name),
        detail=_differs(link, wanted),
        change=one(SetLink(netns, msgspec.structs.replace(link, port=wanted))),
        where=OfLink(link.name, master=link.master),
        in_class="link-or-route",
        evidence=(link.evidence,),
    )


def _stp_candidate(netns: Netns, namespace: Namespace, link: Link) -> Candidate:
    """Return the candidate for a port that STP keeps from forwarding.

    The proof assumes that the port forwards.  On the host, only STP may decide this, because a second path between two
    bridges would make a loop."""
    assert link.port is not None
    waits = link.port.state in ("listening", "learning")
    bridge = namespace.link(link.master) if link.master is not None else None
    delay = bridge.bridge.forward_delay_s if bridge is not None and bridge.bridge is not None else None
    return Candidate(
        title=message("Bridge port {link} is still {state}: STP lets it forward later", link=link.name,
                      state=link.port.state)
        if waits
        else message("STP keeps bridge port {link} {state}", link=link.name, state=link.port.state),
        detail=_stp_text(link, delay) if waits else message(
            "STP is on for {bridge}, and has found another way to the network behind this port. The bridge drops "
            "frames from and to the port.", bridge=link.master),
        change=one(SetLink(netns, msgspec.structs.replace(link, port=forwarding_port(link.port)))),
        where=OfLink(link.name, master=link.master),
        in_class="link-or-route",
        evidence=(link.evidence,),
        offered=False,
        ways=tuple(Way(Change(()), (each,)) for each in _what_to_do(link, delay, waits=waits)),
    )  # fmt: skip


def _shut_candidate(netns: Netns, link: Link) -> Candidate:
    """Return the candidate for a disabled port of a bridge with STP.

    Its guard disables a port at the first BPDU, and no timer enables the port again.  The proof assumes that the port
    forwards.  Somebody decided to set the guard.  Therefore a person has to say whether the guard is meant for this
    port.
    Source: net/bridge/br_stp_bpdu.c br_stp_rcv(): BR_BPDU_GUARD; br_stp_if.c br_set_port_state(): -EBUSY with STP"""
    assert link.port is not None
    facts = {"link": link.name, "bridge": link.master}
    guard = link.port.guard
    ways = (
        message(
            "find the device behind {link} that sends BPDUs, and ask whether it should speak STP: tcpdump -ni {link} "
            "stp",
            **facts,
        ),
        message(
            "if the guard is not meant for this port: bridge link set dev {link} guard off; ip link set dev {link} "
            "down; ip link set dev {link} up",
            **facts,
        ),
    )
    up_again = message(
        "ask who disabled the port; to enable it: ip link set dev {link} down; ip link set dev {link} up", **facts
    )
    return Candidate(
        title=message("Bridge port {link} is disabled: its BPDU guard shut it", **facts)
        if guard
        else message("Bridge port {link} is disabled, although its link has a carrier", **facts),
        detail=message(
            "Somebody has switched the BPDU guard of {link} on. A BPDU came from behind the port: a bridge there "
            "speaks STP. The port stays disabled until its link goes down and up. Until then {bridge} drops frames "
            "from and to the port.",
            **facts,
        )
        if guard
        else message(
            "STP is on for {bridge}, so no command sets the port's state. A port that the BPDU guard disabled stays "
            "disabled after the guard is switched off, until the port's link goes down and up. {bridge} drops frames "
            "from and to the port.",
            **facts,
        ),
        change=one(SetLink(netns, msgspec.structs.replace(link, port=forwarding_port(link.port)))),
        where=OfLink(link.name, master=link.master),
        in_class="link-or-route",
        evidence=(link.evidence,),
        offered=False,
        ways=tuple(Way(Change(()), (each,)) for each in (ways if guard else (up_again,))),
    )


def forwarding_port(port: BridgePort) -> BridgePort:
    """Return the port in state forwarding."""
    return msgspec.structs.replace(port, state="forwarding")


def _stp_text(link: Link, delay: float | None) -> Message:
    if delay is None:
        return message(
            "STP is on for {bridge}: a port that comes up is in state listening, then in state learning, and only then "
            "forwards. Until then the bridge drops frames from and to the port. This happens at each start of its "
            "container.",
            bridge=link.master,
        )
    return message(
        "STP is on for {bridge}: a port that comes up is in state listening for {delay} s, then in state learning for "
        "{delay} s, and only then forwards. Until then the bridge drops frames from and to the port. This happens at "
        "each start of its container.",
        bridge=link.master,
        delay=f"{delay:g}",
    )


def _what_to_do(link: Link, delay: float | None, *, waits: bool) -> Iterator[Message]:
    """Yield what a person can do.  An administrator has switched STP on, so hairpin does not switch it off."""
    if waits and delay is not None:
        yield message(
            "wait {seconds} s at most, and look again: bridge link show dev {link}",
            seconds=f"{2 * delay:g}",
            link=link.name,
        )
    if waits:
        yield message(
            "for the next starts, shorten the delay: ip link set dev {bridge} type bridge forward_delay 200 (2 s). If "
            "{bridge} has no second way to any network, switch STP off instead: ip link set dev {bridge} type bridge "
            "stp_state 0. Ask first whoever switched STP on",
            bridge=link.master,
        )
    else:
        yield message(
            "find the second way to the network behind {link}, and remove one of the two: bridge link show master "
            "{bridge}. Without STP such a loop stops the whole network",
            link=link.name,
            bridge=link.master,
        )


def _differs(link: Link, wanted: BridgePort) -> Message:
    assert link.port is not None
    if link.port.state != wanted.state:
        return message(
            "The port's state is {state}: the bridge drops frames from and to the port.", state=link.port.state
        )
    changed = [each for each in _AS_MADE if getattr(link.port, each) != getattr(wanted, each)]
    return message("These flags differ from those that the engine set: {flags}.", flags=", ".join(changed))


CAUSE = Cause(
    title=message("A bridge port does not forward"),
    source="net/bridge/br_input.c br_handle_frame_finish(): BR_STATE_DISABLED, BR_STATE_LEARNING",
    general=True,
)
