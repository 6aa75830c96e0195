"""The first line of an answer: the number of problems, the scope, and the passing flows."""

from collections.abc import Sequence
from typing import NamedTuple

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.decisive import lacks_reading
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import owns_address
from hairpin.network.prefix import is_loopback
from hairpin.report.text.remedy_text import is_option_only
from hairpin.report.unread import as_far_as_read
from hairpin.report.verdicts import cause_of_stop, groups

_HERE = message("this host")
_ON_ALL = message("these hosts")


class Troubles(NamedTuple):
    """What stops asked flows.  ``problems``: the faults.  A cause that results from another one is no fault of its own,
    and flows without a cause are one fault for each thing that stops them.  ``decisions``: the causes by which a person
    keeps the flows out."""

    problems: int
    decisions: int

    def __bool__(self) -> bool:
        return any(self)


def troubles(answer: Answer) -> Troubles:
    """Return how many faults, and how many decisions of a person, stop asked flows."""
    striking = ("blocking", "latent") if answer.event is not None else ("blocking",)
    found = {each.ref: each for each in answer.causes if each.severity in striking}
    own = [each for each in found.values() if found.keys().isdisjoint(each.follows_from)]
    unexplained = sum(
        not group.causes
        and group.verdict != "depends"
        and cause_of_stop(answer, answer.flows[group.numbers[0]].trace.usual.stop) is None
        for group in groups(answer.flows)
    )
    decided = sum(each.decision is not None and each.decision.sure for each in own)
    return Troubles(len(own) - decided + unexplained, decided)


def summary(answer: Answer) -> Message | None:
    """Return the first line of the answer; None if no flow was asked and no problem was found.

    If real packets contradict hairpin, this is the first line."""
    told = [each for each in (flow.contradiction for flow in answer.flows) if each is not None]
    headline = next((each.headline for each in told if each.headline is not None), None)
    if headline is not None:
        return headline
    line = _summary(answer)
    if line is not None and answer.kept_out and answer.flows and all(each.succeeds for each in answer.flows):
        return message("{said}; a rule keeps other clients out", said=line)
    return line


def _summary(answer: Answer) -> Message | None:
    line = _line(answer)
    plans = tuple(plan for host in answer.network.hosts for plan in host.plans)
    if plans and line is not None and any(each.succeeds for each in answer.flows):
        from hairpin.report.under_way import while_under_way

        line = while_under_way(line, plans)
    if line is None or not is_conditional(answer):
        return line
    deciding = {each.question.breaks_if for each in answer.questions if each.question.breaks_if}
    if len(answer.questions) > 1 and len(deciding) > 1:
        return message("{said}, if the answers to the questions below allow it", said=line)
    if deciding == {"no"}:
        return message("{said}, if the answer to the question below is yes", said=line)
    return message("{said}, if the answer to the question below is no", said=line)


def is_conditional(answer: Answer) -> bool:
    """Return whether all flows pass, and the user's answer to an open question can change a verdict."""
    asked = any(each.question.breaks_if for each in answer.questions)
    return asked and all(each.succeeds for each in answer.flows)


def _line(answer: Answer) -> Message | None:
    found, undecided = troubles(answer), sum(flow.verdict == "depends" for flow in answer.flows)
    if not answer.flows:
        return _problems(found) if found else None
    if not found:
        return _without_problem(answer, undecided)
    said = _failing(found, sum(not each.succeeds for each in answer.flows) - undecided, len(answer.flows))
    if undecided:
        return message("{said}, {count} of {all} flows undecided", said=said, count=undecided, all=len(answer.flows))
    return said


def _failing(found: Troubles, failed: int, asked: int) -> Message:
    """Return the first line of an answer in which flows fail."""
    if asked == 1 or not failed:
        return _problems(found)
    if failed == asked == 2:
        return message("{problems}: both flows fail", problems=_problems(found))
    if failed == asked:
        return message("{problems}: all {count} flows fail", problems=_problems(found), count=failed)
    return message("{problems}: {count} of {all} flows fail", problems=_problems(found), count=failed, all=asked)


def _without_problem(answer: Answer, undecided: int) -> Message:
    """Return the first line of an answer in which no flow fails."""
    if undecided:
        if undecided == len(answer.flows):
            return (
                message("1 flow, undecided")
                if undecided == 1
                else message("all {count} flows undecided", count=undecided)
            )
        said = message("{count} of {all} flows undecided, the others pass", count=undecided, all=len(answer.flows))
        return as_far_as_read(said, lacks_reading(answer))
    waiting = sum(each.severity == "latent" and not is_option_only(each, answer) for each in answer.causes)
    passing = as_far_as_read(_passing(answer), lacks_reading(answer))
    if any(each.trace.bounds for each in answer.flows):
        passing = message("{said}, as long as no limit over time is reached", said=passing)
    if waiting == 1:
        return message("1 future problem; {said}", said=passing)
    return message("{count} future problems; {said}", count=waiting, said=passing) if waiting else passing


def _passing(answer: Answer) -> Message:
    """Return the line that says that the flows pass.

    The rest of the path of a flow that leaves was not read, and the line says so."""
    scope, left = _scope(answer), sum(each.verdict == "leaves" for each in answer.flows)
    facts = {"scope": scope, "where": _ON_ALL if answer.has_several_hosts else _HERE}
    if not left:
        return message("{scope}: all flows pass", scope=scope)
    if left < len(answer.flows):
        if not _inward(answer):
            return message("{scope}: nothing on {where} stops any of them", **facts)
        return message("{scope}: nothing on {where} stops any of the {count} flows", count=len(answer.flows), **facts)
    if left == 1:
        return message("{scope}: nothing on {where} stops it; hairpin did not read the rest of its way", **facts)
    return message("{scope}: nothing on {where} stops them; hairpin did not read the rest of their way", **facts)


def _problems(found: Troubles) -> Message:
    count, decided = found
    if not count:
        return (
            message("1 decision of a person") if decided == 1 else message("{count} decisions of people", count=decided)
        )
    problems = message("1 problem") if count == 1 else message("{count} problems", count=count)
    if not decided:
        return problems
    if decided == 1:
        return message("{problems} and 1 decision of a person", problems=problems)
    return message("{problems} and {count} decisions of people", problems=problems, count=decided)


def _scope(answer: Answer) -> Message:
    """Return the scope of the answer, such as ``31 ports of 30 containers``; if the question is about no port, return
    the number of flows.  If there are several ports, and one of them does not belong to a container, only the ports are
    counted."""
    ports = len({_port(each, answer) for each in _inward(answer)})
    containers = len({each for flow in answer.flows if (each := _container(flow))})
    if not ports:
        return count_of_flows(answer.flows)
    named = message("1 port") if ports == 1 else message("{count} ports", count=ports)
    if not containers or (ports > 1 and not all(map(_container, _inward(answer)))):
        return named
    if containers == 1:
        return message("{ports} of 1 container", ports=named)
    return message("{ports} of {count} containers", ports=named, count=containers)


def _inward(answer: Answer) -> list[FlowAnswer]:
    """Return the flows that are not outgoing flows of a container."""
    return [each for each in answer.flows if each.trace.flow.purpose not in ("egress", "dns")]


def count_of_flows(flows: Sequence[FlowAnswer]) -> Message:
    return message("1 flow") if len(flows) == 1 else message("{count} flows", count=len(flows))


def _container(answer: FlowAnswer) -> tuple[str, str] | None:
    """Return the container in which the flow starts or ends, with its host."""
    flow = answer.trace.flow
    if flow.purpose in ("egress", "dns"):
        start = flow.start_text()
        return (flow.host, start.removeprefix("container:")) if start.startswith("container:") else None
    return (flow.asked_host or flow.host, flow.container) if flow.container else None


def _port(flow_answer: FlowAnswer, answer: Answer) -> tuple[object, ...]:
    """Return a key that is the same for all flows to one published port or asked address.  All addresses of a host
    count as one address."""
    flow = flow_answer.trace.flow
    host = flow.asked_host or flow.host
    address = flow.daddr if flow.purpose == "asked" and not _is_own(flow, host, answer) else None
    return (host, flow.container, address, flow.dport, flow.protocol)


def _is_own(flow: Flow, host: str, answer: Answer) -> bool:
    netns = answer.network.host_netns(host)
    return is_loopback(flow.daddr, flow.version) or (
        netns in answer.network and owns_address(answer.network.namespace(netns), flow.version, flow.daddr)
    )
