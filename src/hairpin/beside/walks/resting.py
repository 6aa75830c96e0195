"""Flows that nobody asked for and that a decision closes: ports of containers that a person has stopped or paused, and
ports that the firewall's manager keeps closed over IPv6, at a hook where it does not stop them over IPv4.

Such a host is in order.  The answer leaves these flows out and says so in one line: here, or for stopped containers in
the line of ``states`` about all of them.  A user who names the container, or asks for IPv6, gets the flows back.
"""

from collections.abc import Iterator, Mapping

from hairpin.beside.inquiry import Inquiry
from hairpin.causes.cause import Finding
from hairpin.message import Message, few_of, message
from hairpin.network.flow import Flow, FromContainer, Outside
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.remedy.decisions import wall_of
from hairpin.walk.trace import Trace

_Rest = tuple[str, str]
"""Why a flow may rest (:class:`hairpin.remedy.decisions.Wall`), and the stage at which the decision stops it."""


def observe(inquiry: Inquiry) -> Inquiry:
    """Leave out the flows that a decision closes and nobody asked for, and tell of them."""
    found, question = inquiry.walked, inquiry.question
    rests = {each.ref: _rests(found.network, each) for each in found.causes}
    kinds = [{rests[each.ref] for each in found.causes_of(number)} for number in range(len(found.diagnoses))]
    of_flows = {each.trace.flow: kind for each, kind in zip(found.diagnoses, kinds, strict=True)}
    stopped: set[Flow] = set()
    closed: list[Flow] = []
    for flow, kind in of_flows.items():
        is_of_container = any(why == "container" for why, _ in kind)
        if is_of_container and not question.targets and not _sends_at_rest(found.network, question, flow):
            stopped.add(flow)
        elif not _asks_for_ipv6(question) and _is_closed_alone(found.network, flow, of_flows):
            closed.append(flow)
    paused = () if question.targets else _told_of_paused(found.network)
    rules = dict.fromkeys(_rule_of(each.trace) for each in found.diagnoses if each.trace.flow in closed)
    told = _told_of_closed(closed, few_of(tuple(rules)))
    return inquiry.without({*stopped, *closed}).saying((*paused, *told))


def _rests(network: Network, cause: Finding) -> _Rest:
    if cause.stop is None:
        return "", ""
    wall = wall_of(cause.candidate, cause.stop, network)
    return wall.rests if wall is not None else "", cause.stop.stage


def _sends_at_rest(network: Network, question: Question, flow: Flow) -> bool:
    """Return whether the question names the container that would send the flow, and that container does not run."""
    if question.origin is None or not isinstance(flow.start, FromContainer):
        return False
    sender = network.host(flow.start.netns.host).container(flow.start.name)
    return sender is not None and not sender.running


def _asks_for_ipv6(question: Question) -> bool:
    versions = [each.version for each in question.targets]
    return 6 in versions or (question.origin is not None and question.origin.version == 6)


def _is_closed_alone(network: Network, flow: Flow, of_flows: Mapping[Flow, set[_Rest]]) -> bool:
    """Return whether the firewall's manager closes the port over IPv6, but not to the same clients over IPv4 at the
    same hook.  After Docker's DNAT a packet over IPv4 is forwarded, and docker-proxy's port over IPv6 is behind INPUT:
    whoever repairs the first one has not asked for the second.  A port that was published at an address of IPv6 was
    asked for by its owner."""
    closed = {each for each in of_flows[flow] if each[0] == "manager"}
    if flow.version != 6 or flow.purpose not in ("published", "asked") or _is_published_at(network, flow):
        return False
    over_ipv4 = [kind for each, kind in of_flows.items() if _is_twin(each, flow)]
    return bool(closed and over_ipv4) and all(closed.isdisjoint(kind) for kind in over_ipv4)


def _is_twin(one: Flow, other: Flow) -> bool:
    """Return whether the IPv4 flow ``one`` asks for the same port from the same kind of client."""
    port = (other.protocol, other.dport, other.container, other.asked_host, type(other.start))
    return one.version == 4 and (one.protocol, one.dport, one.container, one.asked_host, type(one.start)) == port


def _is_published_at(network: Network, flow: Flow) -> bool:
    bindings = network.host(flow.asked_host or flow.host).bindings_of(flow.dport)
    return any(each.version == 6 and each.host_ip == flow.daddr for _, each in bindings)


def _told_of_paused(network: Network) -> Iterator[Message]:
    """Yield the line about the paused containers, also about those that publish no port."""
    paused = [each.name for host in network.hosts for each in host.containers() if each.status == "paused"]
    if paused:
        yield message(
            "somebody has paused {names}, so nothing answers for it (`hairpin {first}` tells more)",
            names=few_of(paused),
            first=paused[0],
        )


def _rule_of(trace: Trace) -> str:
    """Return the rule that stops the flow; empty if no rule does."""
    return trace.stopping_rule.place.in_full if trace.stopping_rule is not None else ""


def _told_of_closed(flows: list[Flow], rules: str) -> Iterator[Message]:
    ports = tuple(dict.fromkeys(f"{each.dport}/{each.protocol}" for each in flows))
    asked = next((each for each in flows if isinstance(each.start, Outside)), next(iter(flows), None))
    if asked is not None:
        yield message(
            "over IPv6, the firewall keeps {ports} closed: {rules}. It does not stop IPv4 there (`hairpin {asked}` "
            "asks for IPv6)",
            ports=few_of(ports),
            rules=rules,
            asked=asked.target_text(),
        )
