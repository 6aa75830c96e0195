"""Ports that a host serves only for incoming packets, by a rule of its own, and not for its own processes.

A rule in nat PREROUTING does not see the packets that the host itself sends.  If no socket listens on the port and no
container publishes it, the host's own flows to the port are not intended.  The same holds if dockerd, which makes no
rules by its configuration, only holds a published port, and the administrator's own rule leads the port's packets.
"""

from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.question.port_flows import bindings_of
from hairpin.walk.decided import RuleDecided
from hairpin.walk.walked import walked


def own_flows_left_out(network: Network, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the host's own flows to ports that only a rule for incoming packets serves."""
    return tuple(each for each in flows if isinstance(each.start, FromHost) and _is_for_others(network, each, flows))


def told_of_left_out(flows: tuple[Flow, ...]) -> tuple[Message, ...]:
    """Return the note about the host's own flows that were left out."""
    ports = ", ".join(dict.fromkeys(f"{each.dport}/{each.protocol}" for each in flows))
    if not ports:
        return ()
    return (
        message(
            "not asked from the host itself: {ports}. A rule translates these ports only for packets that come in, and "
            "nothing listens on them here",
            ports=ports,
        ),
    )


def _is_for_others(network: Network, own: Flow, flows: tuple[Flow, ...]) -> bool:
    host = network.host(own.asked_host or own.host)
    stop = walked(network, own).usual.stop
    published = bool(bindings_of(host, own.dport, own.protocol))
    if stop is None or not stop.netns.is_host or stop.reason != ("never-accepts" if published else "no-listener"):
        return False
    if published and not any(engine.iptables is False for engine in host.engines):
        return False
    others = [
        each
        for each in flows
        if isinstance(each.start, (Outside, Lan))
        and (each.dport, each.protocol, each.version, each.host) == (own.dport, own.protocol, own.version, own.host)
    ]
    return bool(others) and all(_is_led(network, each) for each in others)


def _is_led(network: Network, flow: Flow) -> bool:
    """Return whether the flow passes, and a rule of the host translates its destination when it comes in."""
    trace = walked(network, flow)
    return trace.succeeds and any(
        step.translates_destination and step.stage == "prerouting" and step.netns.is_host
        for step in trace.usual.request
        if isinstance(step.decided_by, RuleDecided)
    )
