"""The observers, in the order of the answer: at which moment each is asked, and which features a question needs for it.

An observer is a file of a folder beside this file.  It has one door: ``observe`` returns the question with what the
observer says, asks, leaves out or adds; ``notes`` returns notes alone; ``of_trace`` yields the questions of one flow.

``CHOICES`` decide whether an answer should say a thing.  Without any other feature, an observer would say nothing: such
a feature only saves the time to load the observer's file.  ``tests/beside/test_table.py`` holds this on recorded hosts.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Literal, NamedTuple

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Host
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from hairpin.question.target import is_outside_name
from hairpin.walk.trace import OpenQuestion, Trace

Feature = Literal[
    "now",
    "searched",
    "no target",
    "no sender named",
    "name",
    "name of the outside",
    "address or name",
    "whole container",
    "guest",
    "own flow",
    "own way out over IPv6",
    "several addresses",
    "SYN without answer",
    "further questions",
    "refused",
    "stand-in",
    "no cause",
    "asked name",
    "copied servers",
    "equal names",
    "answer stopped inside",
    "own flow out",
    "rule with a time",
    "closed or paused",
]
"""A feature of a question, of its hosts, or of the walks of its flows."""
CHOICES: frozenset[Feature] = frozenset({"now", "searched", "no target", "no sender named", "no cause"})


def has(inquiry: Inquiry, feature: Feature) -> bool:
    """Return whether the question has the feature."""
    return _FEATURES[feature](inquiry)


def _is_of_whole_containers(inquiry: Inquiry) -> bool:
    targets = inquiry.question.targets
    if targets:
        return any(each.container and each.port is None for each in targets)
    return any(each.on_host_network for host in inquiry.network.hosts for each in host.containers())


def _has_copies(host: Host) -> bool:
    """Return whether the time of the engine's own resolv.conf of a container, or of the host's, was read."""
    return any(each.resolvers_written is not None or each.upstreams_changed is not None for each in host.containers())


def _has_equal_names(host: Host) -> bool:
    """Return whether several containers have the same name on a network."""
    ends = (end for container in host.containers() if container.running for end in container.endpoints)
    names = [(end.network, alias) for end in ends for alias in end.aliases]
    return len(names) != len(set(names))


def _has_paused(host: Host) -> bool:
    return any(each.status == "paused" for each in host.containers())


def _has_several_addresses(host: Host) -> bool:
    """Return whether a link of the host has several addresses of one family that others can reach."""
    held = host.namespace(host.netns.name).addresses if host.netns.name in host else ()
    links = [(each.link, each.version) for each in held if each.scope == "global"]
    return len(links) > len(set(links))


def _sent_a_syn(host: Host) -> bool:
    """Return whether connection tracking has a connection through the host of which only SYNs were seen."""
    known = host.namespace(host.netns.name).connections if host.netns.name in host else ()
    return any(each.tcp is not None and each.tcp.state == "SYN_SENT" for each in known)


def _is_stopped_inside(inquiry: Inquiry) -> bool:
    """Return whether the answer to a client stops in the namespace of a container."""
    stops = (each.usual.stop for each in inquiry.traces if each.verdict == "unanswered")
    return any(stop is not None and not stop.netns.is_host for stop in stops)


def _is_refused(inquiry: Inquiry) -> bool:
    from hairpin.diagnose.diagnose import is_refused  # noqa: PLC0415 - a walk asks for no causes

    return any(each.flow.names_no_client and not each.succeeds and is_refused(each) for each in inquiry.traces)


_FEATURES: Mapping[Feature, Callable[[Inquiry], bool]] = {
    "now": lambda it: it.now,
    "searched": lambda it: it.searched,
    "no target": lambda it: not it.question.targets,
    "no sender named": lambda it: it.question.origin is None,
    "name": lambda it: any(each.localhost or each.container is not None for each in it.question.targets),
    "name of the outside": lambda it: any(is_outside_name(each.container or "") for each in it.question.targets),
    "address or name": lambda it: any(
        each.address is not None or each.container is not None for each in it.question.targets
    ),
    "whole container": _is_of_whole_containers,
    "guest": lambda it: any(host.guest is not None for host in it.network.hosts),
    "own flow": lambda it: any(isinstance(each.start, FromHost) for each in it.flows),
    "own way out over IPv6": lambda it: any(each.purpose == "egress" and each.version == 6 for each in it.flows),
    "SYN without answer": lambda it: any(map(_sent_a_syn, it.network.hosts)),
    "several addresses": lambda it: any(map(_has_several_addresses, it.network.hosts)),
    "further questions": lambda it: bool(it.asks),
    "refused": _is_refused,
    "stand-in": lambda it: any(each.instead_of is not None for each in it.walked.diagnoses),
    "no cause": lambda it: not it.walked.causes,
    "asked name": lambda it: any(each.flow.asked_name for each in it.traces),
    "copied servers": lambda it: any(map(_has_copies, it.network.hosts)),
    "equal names": lambda it: any(map(_has_equal_names, it.network.hosts)),
    "answer stopped inside": _is_stopped_inside,
    "own flow out": lambda it: any(each.flow.purpose == "egress" for each in it.traces),
    "closed or paused": lambda it: bool(it.walked.causes) or any(map(_has_paused, it.network.hosts)),
    "rule with a time": lambda it: any(
        host.netns in it.network and it.network.namespace(host.netns).now_s is not None for host in it.network.hosts
    ),
}


Moment = Literal["meant", "checked", "walked", "found"]
"""``meant``: the flows of the question are known.  ``checked``: a check is about to walk them.  ``walked``: they were
walked, and their causes searched.  ``found``: the causes are known, and the rest of the answer is said."""


class ObserverRow(NamedTuple):
    """One observer.  ``file``: its folder and name.  ``needs``: the observer is asked only about a question with all of
    these features."""

    moment: Moment
    file: str
    needs: tuple[Feature, ...] = ()


ROWS: tuple[ObserverRow, ...] = (
    ObserverRow("meant", "flows.outside_names", ("name of the outside",)),
    ObserverRow("meant", "flows.sharers", ("whole container",)),
    ObserverRow("meant", "flows.next_addresses", ("name",)),
    ObserverRow("meant", "flows.own_links", ("address or name",)),
    ObserverRow("meant", "flows.desktop", ("guest",)),
    ObserverRow("checked", "flows.inward_only", ("now", "no sender named", "own flow")),
    ObserverRow("checked", "flows.private_ipv6", ("now", "no sender named", "own way out over IPv6")),
    ObserverRow("checked", "flows.unanswered_senders", ("now", "no target", "no sender named", "SYN without answer")),
    ObserverRow("checked", "flows.further_addresses", ("now", "several addresses")),
    ObserverRow("walked", "walks.further_questions", ("further questions",)),
    ObserverRow("walked", "walks.listed_clients", ("searched", "now", "refused")),
    ObserverRow("walked", "walks.stopped_clients", ("searched", "now", "stand-in")),
    ObserverRow("walked", "walks.narrow_ways", ("searched", "now", "no cause")),
    ObserverRow("walked", "walks.nameless", ("searched", "asked name")),
    ObserverRow("walked", "walks.copied_servers", ("searched", "now", "copied servers")),
    ObserverRow("walked", "walks.silent_replicas", ("searched", "now", "no target", "equal names")),
    ObserverRow("walked", "walks.unpublished", ("searched", "now", "no sender named", "whole container")),
    ObserverRow("walked", "walks.excepted_networks", ("searched", "now", "no sender named", "answer stopped inside")),
    ObserverRow("walked", "walks.resting", ("searched", "now", "closed or paused")),
    ObserverRow("walked", "walks.invented_fields"),
    ObserverRow("found", "notes.sources_told_apart", ("stand-in",)),
    ObserverRow("found", "notes.client_networks"),
    ObserverRow("found", "notes.remarks"),
    ObserverRow("found", "notes.time_windows", ("rule with a time",)),
    ObserverRow("found", "notes.silent_servers", ("own flow out",)),
)


QUESTIONS: tuple[tuple[str, Callable[[Network, Trace], bool]], ...] = (
    (
        "public_address",
        lambda network, trace: (
            trace.flow.purpose == "asked"
            or network.world.supposed_public(trace.flow.version, trace.flow.daddr) is not None
        ),
    ),
    ("of_walk", lambda _, trace: bool(trace.questions)),
    ("no_ipv6", lambda _, trace: trace.flow.version == 6 and not trace.succeeds),
    ("needless_rules", lambda _, trace: trace.flow.version == 6 and trace.succeeds),
    ("led_elsewhere", lambda _, trace: any(step.translates_destination for step in trace.like.usual.request)),
    ("undecided", lambda _, trace: any(branch.conditions for branch in trace.like.branches)),
)
"""The files of ``questions/`` in the order of the answer, each with what a trace has, or the file asks nothing."""


def questions(network: Network, trace: Trace, *, everywhere: bool = False) -> Iterator[OpenQuestion]:
    """Yield the questions that the flow leaves open and that only the user can answer.  ``everywhere``: all files are
    asked."""
    for file, concerns in QUESTIONS:
        if everywhere or concerns(network, trace):
            yield from import_module(f"hairpin.beside.questions.{file}").of_trace(network, trace)


def after_observers(moment: Moment, inquiry: Inquiry, rows: tuple[ObserverRow, ...] = ROWS) -> Inquiry:
    """Return the question as the observers of this moment give it back, each in turn."""
    for row in rows:
        if row.moment == moment and all(has(inquiry, each) for each in row.needs):
            observer = import_module(f"hairpin.beside.{row.file}")
            inquiry = (
                observer.observe(inquiry) if hasattr(observer, "observe") else inquiry.saying(observer.notes(inquiry))
            )
    return inquiry
