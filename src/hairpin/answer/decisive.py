"""The readings that decide a command's result, and its exit status: 0 if every flow passes, 1 if a fault is found, 3 if
this is undecided, 4 for a bug in hairpin.  Every command asks this module before it reports success.

The tables contain prefixes of reading keys.  A reading that is in no table decides no result.  Either another reading
has the same facts, or the walk forks without the reading, and the verdict shows that the reading is missing.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, assert_never

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.engines import STATE, unanswered
from hairpin.evidence.reading import HOST
from hairpin.host.host import Unread
from hairpin.network.network import Network
from hairpin.walk.trace import Branch, Trace

Command = Literal["flows", "events", "restore", "diff"]
"""The questions that readings decide.

``flows``: the command asks whether flows pass now, as `check`, `walk`, `prove`, `fix` and `explain` do.  ``events``:
the command asks whether flows pass after an event."""

_RULES = ("iptables-nft-save", "iptables-legacy-save", "nft-table", "nft-netdev-chains", "ebtables", "arptables")
_OF_ENGINES = ("iptables-nft-save", "iptables-legacy-save", "nft-table")
"""The readings with the tables in which engines keep their rules."""
_WAYS = ("ip-addr", "ip-route", "ip-rule", "ip-neigh", "tc-", "sysctl")
"""The readings of a namespace that decide whether a packet passes.  Sets are not among them, because a rule with an
unread set makes the walk fork."""
_SOCKETS = ("sockets", "proc-net-")
_FLOWS = (
    "docker-socket", "docker-containers", "docker-networks", "docker-stored", STATE, "swarm-services",
    "podman-containers", "podman-networks", "podman-version", "namespaces",
)  # fmt: skip
"""The readings of the host that decide which containers run, and therefore which flows exist.  The sockets in the
host's own namespace show the ports of a container with host networking.  In other namespaces the walk forks at unread
sockets."""
_ENGINES = ("docker-info", "docker-version", "daemon-json", "dockerd-cmdline", "dockerd-unit", "podman-info",
            "containers-conf")  # fmt: skip
"""The readings of the engines' configuration, which decide which rules the engines should have."""
_BOOT = ("units", "file", "boot-scripts", "boot-units", "firewalld-", "ufw-")
"""The readings of files that services load when they start."""
_OF_COMMAND: dict[Command, tuple[str, ...]] = {
    "flows": (*_RULES, *_WAYS, *_FLOWS, *_SOCKETS),
    "events": (*_RULES, *_WAYS, *_FLOWS, *_SOCKETS, *_ENGINES, *_BOOT),
    "restore": (*_RULES, "ip-addr", *_FLOWS, *_ENGINES),
    "diff": (*_RULES, *_WAYS, *_FLOWS, *_SOCKETS, *_ENGINES, *_BOOT, "ipset", "bridge-", "ip-nexthop", "wireguard",
             "ipvs", "xfrm-policy", "versions", "packages", "socket-owners", "halted-", "frozen-"),
}  # fmt: skip
_BY_ENGINE = ("docker-", "container-", "compose-", "podman-")
"""The events in which no service loads a file with rules or settings."""


def decisive(unread: Iterable[Unread], command: Command) -> tuple[Unread, ...]:
    """Return the missing readings that may change the command's result."""
    keys = _OF_COMMAND[command]
    return tuple(each for each in unread if each.key.startswith(keys))


def undecided_readings(answer: Answer, command: Command = "flows") -> tuple[Unread, ...]:
    """Return the missing readings that may change the result for the answer's flows, or for the engines in case of
    `restore`.

    If no asked flow reaches a container's namespace, the readings of this namespace cannot change the result.  If no
    flow uses an IP version, the rules of this version cannot change it either."""
    if command == "restore":
        here = answer.network.this.name
        return tuple(
            each for each in decisive(answer.unread, command) if each.netns in ("", HOST) and each.host in ("", here)
        )
    if answer.event is not None:
        command = "flows" if answer.event.id.startswith(_BY_ENGINE) else "events"
    found = (*_hosts(answer), *(each for each in decisive(answer.unread, command) if _tells(each, answer.network)))
    if not answer.flows or not found:
        return found
    met = frozenset(each for flow in answer.flows for each in _met(flow.trace))
    versions = frozenset(flow.trace.flow.version for flow in answer.flows)
    return tuple(each for each in found if _concerns(each, met, versions, answer.network))


def unread_rules(answer: Answer) -> tuple[Unread, ...]:
    """Return the missing readings of the rules that an engine may have on this host.

    For a user without root, hairpin supposes such rules, so nothing may be said about them."""
    return tuple(each for each in undecided_readings(answer, "restore") if each.key.startswith(_OF_ENGINES))


def lacks_reading(answer: Answer, command: Command = "flows") -> bool:
    """Return whether a deciding reading is missing, or an engine that should answer does not answer."""
    silent = answer.event is None and unanswered(answer)  # the event may have stopped the engine
    return silent or bool(undecided_readings(answer, command))


def _hosts(answer: Answer) -> tuple[Unread, ...]:
    """Return the hosts that could not be read, if one of them may change the outcome.

    An unread host may change the outcome if the question names no target, or if a flow leaves the hosts that were read
    and is not an outgoing flow of a container."""
    leaving = (each for each in answer.flows if each.verdict == "leaves")
    if answer.question.targets and all(each.trace.flow.purpose in ("egress", "dns") for each in leaving):
        return ()
    return tuple(each for each in answer.unread if each.key == HOST)


def _tells(unread: Unread, network: Network) -> bool:
    """Return whether the missing reading can change the result.

    A reading of sockets can change it only if it is of the host's namespace and a running container is in this
    namespace.  All other readings can."""
    if not unread.key.startswith(_SOCKETS):
        return True
    host = network.host(unread.host or network.this.name)
    return unread.netns == HOST and any(each.running and each.netns == HOST for each in host.containers())


def _concerns(unread: Unread, met: frozenset[tuple[str, str]], versions: frozenset[int], network: Network) -> bool:
    if "-save" in unread.key and int(unread.key[-1]) not in versions:
        return False
    if unread.netns in ("", HOST):
        return True
    return (unread.host or network.this.name, unread.netns) in met


def _met(trace: Trace) -> Iterator[tuple[str, str]]:
    """Yield the namespaces that packets of the flow reach, and the namespace of its destination, each as (host,
    name)."""
    for branch in trace.branches:
        yield from _of_branch(branch)
    flow = trace.flow
    if flow.container:
        yield flow.asked_host or flow.host, f"container:{flow.container}"


def _of_branch(branch: Branch) -> Iterator[tuple[str, str]]:
    for step in branch.steps:
        yield step.netns.host, step.netns.name
    if branch.stop is not None:
        yield branch.stop.netns.host, branch.stop.netns.name


def exit_status(answer: Answer) -> int:
    """Return the exit status of the answer, which depends on the kind of the question."""
    if any(each.live is not None for each in answer.flows):
        return _live_status(answer)
    match answer.question.kind:
        case "check":
            status = _check_status(answer)
        case "walk":
            status = {"delivered": 0, "leaves": 0, "depends": 3}.get(answer.flows[0].verdict, 1)
        case "prove":
            status = _prove_status(answer.flows)
        case _:
            assert_never(answer.question.kind)
    return 3 if status == 0 and lacks_reading(answer) else status


def _live_status(answer: Answer) -> int:
    """Return 1 if a real probe failed, 0 if every probe was answered and no verdict says otherwise, and 3 if this is
    undecided, or if no probe could be sent at all or from a machine that the user named.

    A flow that could not be tried keeps the verdict of its walk, if it is not the only one."""
    told = [each.contradiction for each in answer.flows]
    passes = [each.passes for each in told if each is not None]
    if False in passes:
        return 1
    if True not in passes or any(each is not None and each.agrees is False for each in told):
        return 3
    if any(flow.live is not None and flow.live.wanted for flow in answer.flows):
        return 3
    others = [flow for flow, passed in zip(answer.flows, passes, strict=True) if passed is None]
    if answer.question.kind == "check" and any(not each.succeeds for each in others):
        return 1 if any(each.verdict != "depends" for each in others if not each.succeeds) else 3
    return 0


def _check_status(answer: Answer) -> int:
    """Return 1 if there is a blocking cause or the event breaks a flow, 0 if every flow succeeds, and 3 otherwise.

    If a replica disagrees about a flow, the walk's verdict counts.  But a flow that passes in the walk and fails in the
    replica is undecided."""
    struck = answer.broken if answer.event is not None else ()
    if any(each.verdict != "depends" for each in struck) or any(each.severity == "blocking" for each in answer.causes):
        return 1
    return 0 if all(each.succeeds for each in answer.flows) else 3


def _prove_status(flows: tuple[FlowAnswer, ...]) -> int:
    """Return 4 if the kernel disagrees on a flow, 3 if a flow stays undecided, 1 if a flow fails, and 0 otherwise."""
    agreeing = [each.judged.agreement.agrees for each in flows if each.judged is not None]
    if False in agreeing:
        return 4
    if None in agreeing or any(each.verdict == "depends" for each in flows):
        return 3
    return 0 if all(each.trace.succeeds for each in flows) else 1
