"""The features of a question, of its hosts and of its walks, by which ``table`` decides which observers it asks.

``CHOICES`` decide whether an answer should say a thing.  Without any other feature, an observer would say nothing: such
a feature only saves the time to load the observer's file.  ``tests/beside/test_table.py`` holds this on recorded hosts.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Host
from hairpin.network.flow import FromHost
from hairpin.question.target import is_outside_name

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
