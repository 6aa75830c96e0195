"""The flows and verdicts that fit the outcomes which a text states."""

from hairpin.errors import UsageError
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome
from hairpin.host.host import Host
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.pasted.forms.outcomes.outcome import is_loopback
from hairpin.question.asked import Origin
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_origin
from hairpin.suppose.asked import is_of_pool, target_of
from hairpin.suppose.said_sockets import names_port
from hairpin.walk.reads import walked_after
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict

FITTING: dict[str, frozenset[Verdict]] = {
    "answered": frozenset({"delivered", "leaves", "misdirected", "depends"}),
    "refused": frozenset({"refused", "rejected"}),
    "reset": frozenset({"refused", "rejected"}),
    "empty": frozenset({"refused", "rejected"}),
    "timeout": frozenset({"dropped", "unanswered", "looped"}),
    "unreachable": frozenset({"rejected", "dropped", "unanswered"}),
    "prohibited": frozenset({"rejected"}),
    "failed": frozenset({"refused", "rejected", "dropped", "unanswered", "looped"}),
}
"""The verdicts of a walk that fit each outcome that a client saw.  If a container refuses a connection of docker-proxy,
the client sees a reset or an empty answer."""


def flows_of(network: Network, outcome: Outcome, asked: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the flows that a stated outcome is about.

    If the text does not show where the client was, these are the flows of any client.  ``asked``: the flows of the
    question.  The outcome is about these flows if the text says in words that the host itself gets an answer."""
    target = target_of(outcome)
    if target is None:
        is_of_host = outcome.origin == HOST and not outcome.host
        return tuple(each for each in asked if isinstance(each.start, FromHost)) if is_of_host else ()
    try:
        flows = flows_for(network, (target,), _origin(outcome))
    except UsageError:
        return ()
    if outcome.origin:
        return flows
    far = tuple(each for each in flows if isinstance(each.start, Outside | Lan))
    return far or flows


def _origin(outcome: Outcome) -> Origin | None:
    return parse_origin(outcome.origin) if outcome.origin else None


def fits(network: Network, then: Network, outcome: Outcome, flows: tuple[Flow, ...]) -> bool:
    """Return whether the outcome fits the network ``then``, which a change makes of the network."""
    wanted = FITTING.get(outcome.result)
    if wanted is None or not flows:
        return True
    return any(walked_after(network, then, each).verdict in wanted for each in flows)


def failures_of(network: Network, trace: Trace, asked: tuple[Flow, ...]) -> tuple[Outcome, ...]:
    """Return the failures of this flow that the texts state, if they are as its walk fails.  ``asked``: the flows of
    the question."""
    outcomes = (each for host in network.hosts if host.told is not None for each in host.told.outcomes)
    return tuple(
        each
        for each in outcomes
        if (trace.flow.asked_name and (each.result, each.host) == ("no-name", trace.flow.asked_name))
        or (
            each.failed
            and trace.verdict in FITTING.get(each.result, ())
            and _is_about(network, each, trace.flow, asked)
        )
    )


def about(
    network: Network, failures: tuple[Outcome, ...], flows: tuple[Flow, ...], asked: tuple[Flow, ...]
) -> tuple[Outcome, ...]:
    """Return the stated failures of these flows.  ``asked``: the flows of the question."""
    return tuple(each for each in failures if any(_is_about(network, each, flow, asked) for flow in flows))


def _is_about(network: Network, outcome: Outcome, flow: Flow, asked: tuple[Flow, ...]) -> bool:
    """Return whether the outcome may be of this flow.  An outcome of another machine's client without a target is about
    the question's flows from outside.  An outcome whose client the text does not show is of the asked client, if the
    question asks that target."""
    if outcome.tool == "browser" and outcome.port is None and is_loopback(outcome.host):
        return flow in asked and isinstance(flow.start, FromHost)  # its page names no port
    if target_of(outcome) is None and not outcome.origin and not outcome.host:
        is_local = isinstance(flow.start, FromHost) and names_port(outcome.target, flow.dport)
        return flow in asked and (is_local or isinstance(flow.start, Outside | Lan))
    if not outcome.origin and isinstance(flow.start, FromContainer) and flow in asked:
        is_same_port = (outcome.protocol, outcome.port) == (flow.protocol, flow.dport)
        return is_same_port and _names_target(network, outcome, flow)
    if isinstance(flow.start, FromContainer) and outcome.origin == f"container:{flow.start.name}" and flow in asked:
        return (outcome.protocol, outcome.port) == (flow.protocol, flow.dport) and _names_target(network, outcome, flow)
    return any(is_same(flow, each) for each in flows_of(network, outcome, asked))


def _names_target(network: Network, outcome: Outcome, flow: Flow) -> bool:
    """Return whether the outcome's target is the flow's: by its address, by its name, or by a port of the host that
    only this container has.  The text shows which address its container has only if it lists it."""
    host = network.host(flow.asked_host or flow.host)
    container = host.container(flow.container) if flow.container else None
    named = (container.name, *container.service_names) if container is not None else ()
    asked = "127.0.0.1" if outcome.host in ("localhost", "0.0.0.0") else outcome.host
    if asked in (address_text(flow.daddr, flow.version), *named):
        return True
    having = [each.name for each in host.containers() if any(one.host_port == flow.dport for one in each.bindings)]
    return container is not None and having == [container.name] and is_of_pool(asked) and not _is_held(host, asked)


def _is_held(host: Host, asked: str) -> bool:
    """Return whether the text lists the address as one of a container's."""
    ends = (end for each in host.containers() for end in each.endpoints if end.fixed4)
    return any(address_text(end.fixed4 or 0, 4) == asked for end in ends)


def is_same(one: Flow, other: Flow) -> bool:
    """Return whether both flows are of one client to one target, whatever their source ports are."""
    return (one.start, one.version, one.daddr, one.protocol, one.dport) == (
        other.start, other.version, other.daddr, other.protocol, other.dport,
    )  # fmt: skip
