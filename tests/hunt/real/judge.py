"""What is right about hairpin's answers to a changed host: verdicts, causes, what blocks although all passes."""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.causes.order import PUTTING_BACK
from hairpin.causes.where import container_of, places
from hairpin.change.change import Change, InsertRule
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.lab.probe import Outcome
from hairpin.network.network import Network
from hairpin.walk.decided import RuleDecided
from tests.hunt.elements import RULE_PLACE, Element, elements
from tests.hunt.real.case import Mutation
from tests.hunt.real.flows import Seen
from tests.score.all_flows import Way
from tests.score.diagnosis import describes

What = Literal[
    "all-clear", "false alarm", "other kind", "no cause", "round", "exit 4", "disputed", "alarm", "undecided",
    "repair fails", "opened", "broke", "whole all-clear", "refused", "whole differs",
]  # fmt: skip
"""The kinds of misses, the worst first."""
_ADDRESSES = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|\d+(?:\.\d+){3}")
_UPLINK = re.compile(r"\bdev (eth\d+)")
_PASS = ("delivered", "leaves")
_NOISE = ("connection", "neighbour", "forwarding", "socket")
"""Elements that change by themselves; they count only if the change is about such."""
_ABOUT = {
    "connection": ("connection tracking",),
    "neighbour": ("neighbour",),
    "forwarding": ("forwarding",),
    "socket": ("process", "container", "engine"),
}


class Miss(msgspec.Struct, frozen=True):
    """Something wrong: what, of which flow, in a few words."""

    what: What
    flow: str
    text: str


class Named(msgspec.Struct, frozen=True):
    """The first set of causes of a broken flow: whether it is about what was changed."""

    flow: str
    causes: tuple[str, ...]
    right: bool


def verdict(way: Way, seen: Seen, answer: Answer, flow: FlowAnswer, made: tuple[Mutation, ...]) -> Miss | None:
    """Return what is wrong about the verdict on a flow that passed before the change."""
    said = f"real {seen.outcome.value}, said {flow.verdict}"
    stop = flow.stop
    if stop is not None:
        said += f" ({stop.reason} {stop.stage} {stop.link})"
    if flow.disputed:
        return Miss("disputed", str(way), said)
    if flow.verdict == "depends":
        return None
    if seen.passes:
        return None if flow.verdict in _PASS else Miss("false alarm", str(way), said)
    if flow.verdict in _PASS:
        return None if _is_conditional(answer, flow, made) else Miss("all-clear", str(way), said)
    reason = stop.reason if stop is not None else None
    if _is_refused(way, seen, flow) or describes(
        flow.verdict, reason, seen.outcome, across_hosts=answer.has_several_hosts
    ):
        return None
    return Miss("other kind", str(way), said)


def _is_refused(way: Way, seen: Seen, flow: FlowAnswer) -> bool:
    """Return whether the kernel refuses the sender's datagram (EPERM), because the sender's own namespace drops it; a
    user-mode network stack sends its container's datagrams, and tells it of the error: net/ipv4/ip_output.c
    ip_send_skb(); libslirp src/udp.c udp_input()."""
    at = flow.stop.stage if flow.stop is not None and way.port.endswith("/udp") else ""
    return seen.outcome is Outcome.UNREACHABLE and flow.verdict == "dropped" and at in ("output", "postrouting")


def _is_conditional(answer: Answer, flow: FlowAnswer, made: tuple[Mutation, ...]) -> bool:
    """Return whether the all-clear has a condition: what a neighbour's entry makes doubtful, or an open question that
    names an address of the change, or says at which link it fails.  That a machine outside answers is assumed of
    each, and no condition."""
    doubts = [each for each in flow.trace.usual.assumed if {"state", "mac"} & {name for name, _ in each.values}]
    said = str((flow.trace.usual.questions, answer.notes, answer.questions))
    failing = [each for each in flow.trace.usual.questions if each.breaks_if]
    links = {word for each in made for word in each.command.split()}
    doubts += [each.text for each in failing if links & {str(value) for _, value in each.text.values}]
    if any(each.breaks_if == "no" for each in failing) and any("masq" in each.command.lower() for each in made):
        return True
    return bool(doubts) or names_address(said, made)


def names_address(said: str, made: Iterable[Mutation]) -> bool:
    """Return whether an address of the change is in what was said, or a host's link that a route was changed to."""
    named = [address for each in made for address in _ADDRESSES.findall(each.command)]
    named += [link for each in made if " route " in each.command for link in _UPLINK.findall(each.command)]
    return any(each in said for each in named)


def names_hardware(assumed: str, made: Iterable[Mutation]) -> bool:
    """Return whether a hardware address of the change is assumed to be right."""
    return any(address in assumed for each in made for address in _ADDRESSES.findall(each.command) if ":" in address)


def is_made(cause: str, made: Iterable[Mutation], of: tuple[str, str | None] = ("", None)) -> bool:
    """Return whether this kind of change makes the cause.  ``of``: the host and the container that the cause is about;
    a change that is about one container makes no cause of another."""
    return any(cause in _MAKES.get(each.kind, ()) and _is_about(each, *of) for each in made)


def _is_about(made: Mutation, host: str, container: str | None) -> bool:
    if not made.container or container is None:
        return True
    return made.container == container and made.place.partition("@")[2] in ("", host)


def touched(before: Network, after: Network, made: Iterable[Mutation]) -> frozenset[Element]:
    """Return the elements in which the host's readings differ, without those that change by themselves."""
    kinds = " ".join(each.kind for each in made)
    kept = {noise for noise in _NOISE if any(word in kinds for word in _ABOUT[noise])}
    return frozenset(each for each in elements(before, after) if each[0] not in _NOISE or each[0] in kept)


def named(way: Way, answer: Answer, flow: FlowAnswer, changed: frozenset[Element], made: tuple[Mutation, ...]) -> Named:
    """Return the first set of a broken flow's causes, and whether each is about what was changed."""
    blocking = [each for each in answer.causes if each.severity == "blocking" and each.ref in flow.causes]
    first = blocking[0] if blocking else None
    refs = first.together if first is not None and first.together else (first.ref,) if first is not None else ()
    causes = tuple(each for each in answer.causes if each.ref in refs)
    right = bool(causes) and all(_is_named(each, answer.network, changed, made) for each in causes)
    return Named(str(way), tuple(each.id for each in causes), right)


def _is_named(cause: CauseAnswer, network: Network, changed: frozenset[Element], made: tuple[Mutation, ...]) -> bool:
    """Return whether a cause is about an element that was changed, or is what this kind of change makes."""
    about = (cause.host, container_of(cause.candidate.where))
    if is_made(cause.id, made, about):
        return True
    if made and not any(_is_about(each, *about) for each in made):
        return False  # a port that another container could have is the changed one's all the same
    change = cause.candidate.change
    if not change.parts:
        return any(_shown_in(each, cause) for each in made)
    mended = _elements_mended(network, change)
    if mended & changed:
        return True
    places = {each[:RULE_PLACE] for each in changed if each[0] in ("rule", "policy", "chain")}
    stop = cause.stop
    if stop is not None and isinstance(stop.decided_by, RuleDecided):
        at = stop.decided_by.place
        place = (stop.netns.host, stop.netns.name, at.dialect, at.family, at.table, at.chain)
        if any(each[1:] == place for each in places):
            return True
    if _goes_round(cause, change):
        return False
    return any(each[0] == "rule" and each[:6] in {one[:6] for one in places} for each in mended) or any(
        _shown_in(each, cause) for each in made
    )


def _elements_mended(network: Network, change: Change) -> frozenset[Element]:
    """Return the elements that the change touches; none if only the changes before it in its set make it possible."""
    try:
        return frozenset(elements(network, simulate(change, network)))
    except ChangeError:
        return frozenset()


def _goes_round(cause: CauseAnswer, change: Change) -> bool:
    return cause.candidate.in_class not in PUTTING_BACK and all(isinstance(each, InsertRule) for each in change.parts)


def _shown_in(made: Mutation, cause: CauseAnswer) -> bool:
    """Return whether the cause's place names a word of the command that says what was changed."""
    words = {each for each in made.command.replace("/", " ").replace("=", " ").split() if len(each) > 3}
    shown = set(" ".join(words for _, words in places(cause.candidate.where)).replace("/", " ").split())
    return bool(words & shown)


_CONTAINER_IDS = (
    "service-not-listening", "service-listens-on-other-port", "container-not-running", "port-not-published",
    "published-on-loopback-only", "published-protocol-mismatch", "container-paused", "container-network-none",
    "host-network-ignores-ports", "container-address-not-assigned", "container-interface-missing",
    "isolation-drops-between-bridges", "service-process-stopped", "docker-proxy-missing", "docker-daemon-not-running",
    "overlay-peer-missing", "container-on-internal-network-only",
)  # fmt: skip
_MAKES: dict[str, tuple[str, ...]] = {
    "process": (*_CONTAINER_IDS, "service-process-stopped.frozen", "backlog-full"),
    "container": _CONTAINER_IDS,
    "container network": _CONTAINER_IDS,
    "container made anew": _CONTAINER_IDS,
    "namespace": ("service-not-listening",),
    "engine option": (
        *_CONTAINER_IDS, "docker-daemon-iptables-false", "masquerade-missing", "icc-off", "ip-forward-off",
        "hairpin-mode-off", "userland-proxy-off-no-route-localnet", "container-not-running",
        "daemon-does-not-start-config", "docker-daemon-bridge-none",
    ),
}  # fmt: skip
"""The causes that a kind of change makes besides those that touch a changed element."""
