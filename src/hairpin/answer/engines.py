"""Engines that should answer and do not: the first line of an answer, a cause of its own, and what stays undecided."""

from typing import get_args

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, Severity
from hairpin.causes.cause import Candidate, where
from hairpin.causes.engine._daemon import refusal
from hairpin.causes.engine.docker_daemon_not_running import CAUSE, detail
from hairpin.change.change import Change
from hairpin.engines.daemon import start_calls
from hairpin.host.engine_health import Health, Left, health
from hairpin.host.host import Host, Unread
from hairpin.message import Message, message
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy

_STATE = "docker-state"
_ASKED = ("docker-socket", "docker-version", "docker-info", "docker-containers", "docker-networks")
_REFUSED = "daemon-does-not-start-config"
_LEFT: dict[Left, Message] = {
    "process": message("a container that still runs"),
    "rule": message("its rules"),
    "bridge": message("its bridge"),
    "relay": message("its docker-proxy"),
}


def with_engines(answer: Answer) -> Answer:
    """Return the answer with what engines that do not answer add to it."""
    said: list[Message] = []
    unread = answer.unread
    for host in answer.network.hosts:
        for each in health(host):
            line = state(each)
            if line is None:
                continue
            said.append(line if not answer.has_several_hosts else message("{host}: {said}", host=host.name, said=line))
            if each.expected and each.engine.kind == "docker":
                unread = _summed_up(unread, Unread(_STATE, "", each.contact.endpoint, line, "", host.name))
    if answer.question.kind == "check":
        for host in answer.network.hosts:
            for each in health(host):
                if each.is_down and each.expected:
                    answer = _with_cause(answer, host, each)
    return msgspec.structs.replace(answer, engines=tuple(said), unread=unread)


def _summed_up(unread: tuple[Unread, ...], state: Unread) -> tuple[Unread, ...]:
    """Return the list with one entry in place of each question that the engine did not answer."""
    own = [each for each in unread if each.host == state.host and each.key in _ASKED]
    evidence = own[0].evidence if own else ""
    return (*(each for each in unread if each not in own), msgspec.structs.replace(state, evidence=evidence))


def unanswered(answer: Answer) -> bool:
    """Return whether an engine that should answer does not."""
    return any(each.expected and not each.answers for host in answer.network.hosts for each in health(host))


def state(each: Health) -> Message | None:
    """Return the sentence about an engine that does not answer; None for one that does, or for Podman without
    containers."""
    if each.answers or (each.engine.kind == "podman" and not each.expected):
        return None
    said = _state(each)
    if each.engine.stored and each.engine.containers:
        return message("{said} Its containers are read from its files and from the kernel.", said=said)
    return said


def _state(each: Health) -> Message:
    contact = each.contact
    match contact.state:
        case "hung":
            return _hung(each)
        case "stopped":
            return _stopped(each)
        case "unreadable":
            return message(
                "This user may not ask {engine} at {endpoint}. Run hairpin as root.",
                engine=_title(each),
                endpoint=contact.endpoint,
            )
        case _:
            return _unreachable(each)


def _hung(each: Health) -> Message:
    endpoint = each.contact.endpoint
    for pid, name in each.contact.halted:
        if name.startswith("dockerd"):
            return message(
                "dockerd does not answer: it is stopped (SIGSTOP, process {pid}). `kill -CONT {pid}` lets it go on.",
                pid=pid,
            )
    for pid, _ in each.contact.halted:
        return message(
            "Docker answers in part only: containerd is stopped (SIGSTOP, process {pid}). `kill -CONT {pid}` lets it "
            "go on.",
            pid=pid,
        )
    if each.engine.kind == "podman":
        return message("Podman does not answer within 8 seconds.")
    if not each.engine.stored and each.engine.containers:
        return message("dockerd at {endpoint} answers in part only: it does not tell its version.", endpoint=endpoint)
    return message("dockerd at {endpoint} does not answer within 3 seconds.", endpoint=endpoint)


def _stopped(each: Health) -> Message:
    if not each.expected:
        return message("dockerd is not running: nothing starts it at boot, and the kernel holds nothing of it.")
    why = refusal(each.engine.boot)
    reason = why if why is not None else _expected_because(each)
    return message("dockerd is not running: {reason}.", reason=reason)


def _expected_because(each: Health) -> Message:
    if each.awaited:
        names = ", ".join(sorted(one.name for one in each.awaited)[:5])
        return message("it should run for {containers}", containers=names)
    if each.enabled:
        return message("it should run, as it is started at boot")
    return message("the kernel still holds {left}", left=_LEFT[each.left[0]])


def _unreachable(each: Health) -> Message:
    contact = each.contact
    if not contact.named:
        return message("dockerd runs, but it cannot be asked at {endpoint}.", endpoint=contact.endpoint or "-")
    if not contact.asked:
        return message(
            "{named} names {endpoint}, which is not an engine of this host: it was not asked. Run hairpin there, or "
            "unset {named}.",
            named=contact.named,
            endpoint=contact.endpoint,
        )
    if each.engine.boot is None and each.engine.running:
        return message(
            "{named} names {endpoint}, where no engine answers. Another dockerd runs here: unset {named} to have it "
            "asked.",
            named=contact.named,
            endpoint=contact.endpoint,
        )
    return message("{named} names {endpoint}, where no engine answers.", named=contact.named, endpoint=contact.endpoint)


def _title(each: Health) -> str:
    return "Docker" if each.engine.kind == "docker" else "Podman"


def _with_cause(answer: Answer, host: Host, each: Health) -> Answer:
    """Return the answer with the daemon's own cause: as the flows named it, else latent; behind it stands what keeps it
    from starting."""
    named = next((one for one in answer.causes if one.id == CAUSE.id and one.host == host.name), None)
    own = _latent(answer, host, each) if named is None else named
    others = tuple(one for one in answer.causes if one is not named)
    why = refusal(each.engine.boot)
    if why is None:
        return msgspec.structs.replace(answer, causes=_ranked((own, *others) if named is None else answer.causes))
    maker = _refused(answer, own, each, why, 2 if named is None else 1)
    made = msgspec.structs.replace(own, follows_from=(maker.ref,))
    flows = tuple(
        msgspec.structs.replace(flow, causes=_before(flow.causes, own.ref, maker.ref)) for flow in answer.flows
    )
    return msgspec.structs.replace(answer, causes=_ranked((maker, made, *others)), flows=flows)


def _before(refs: tuple[str, ...], ref: str, maker: str) -> tuple[str, ...]:
    return tuple(each for one in refs for each in ((maker, one) if one == ref else (one,)))


def _ranked(causes: tuple[CauseAnswer, ...]) -> tuple[CauseAnswer, ...]:
    return tuple(sorted(causes, key=lambda one: get_args(Severity).index(one.severity)))


def _next(answer: Answer, further: int = 1) -> str:
    numbers = (int(one.ref[1:]) for one in answer.causes)
    return f"c{max(numbers, default=0) + further}"


def _latent(answer: Answer, host: Host, each: Health) -> CauseAnswer:
    engine = each.engine
    at_boot = each.enabled
    then = (
        message("A container that ends is not started again, and lost rules are not put back.")
        if at_boot
        else message("Nothing starts it at boot: after a reboot none of its containers runs.")
    )
    candidate = Candidate(
        title=message("dockerd is not running"),
        detail=detail(host, engine, then),
        change=Change((), start_calls(host, engine)),
        where=where(unit="docker.service", state="stopped"),
        in_class="switched-off",
        evidence=_traces(each),
    )
    return CauseAnswer(
        ref=_next(answer),
        id=CAUSE.id,
        host=host.name,
        severity="latent",
        candidate=candidate,
        stop=None,
        proof=None,
        flows=(),
        together=(),
        event="container-stop" if at_boot else "reboot",
        remedies=remedies(CAUSE.id, candidate, answer.network.seen_from(host.name)),
    )


def _traces(each: Health) -> tuple[str, ...]:
    boot = each.engine.boot
    if boot is None:
        return ()
    return boot.traces[-1:] if boot.log else (boot.evidence,) if boot.enabled else ()


def _refused(answer: Answer, own: CauseAnswer, each: Health, why: Message, further: int) -> CauseAnswer:
    boot = each.engine.boot
    assert boot is not None
    by_hand = (
        message("correct {file}; `dockerd --validate` checks it", file=boot.config)
        if boot.malformed
        else message(
            "take the option out of {file}, or out of ExecStart of the unit (systemctl edit docker)", file=boot.config
        )
    )
    candidate = Candidate(
        title=message("dockerd does not start with its configuration"),
        detail=message("{reason}. dockerd ends at each start with an error.", reason=why),
        change=Change(()),
        where=where(file=boot.config),
        in_class="switched-off",
        evidence=boot.traces,
    )
    return CauseAnswer(
        ref=_next(answer, further),
        id=_REFUSED,
        host=own.host,
        severity=own.severity,
        candidate=candidate,
        stop=None,
        proof=None,
        flows=own.flows,
        together=(),
        event=own.event,
        remedies=(Remedy("correct-daemon-configuration", (), advice=(by_hand,)),),
    )
