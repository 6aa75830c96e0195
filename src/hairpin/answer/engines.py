"""Handles engines that should answer and do not answer: makes the answer's first line about them, and lists the parts
that stay undecided."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer
from hairpin.change.change import ContinueProcess, one
from hairpin.engines.docker.daemon import refusal
from hairpin.host.engine_health import Health, Left, health
from hairpin.host.host import Host, Unread
from hairpin.message import Message, message
from hairpin.network.network import Network

STATE = "docker-state"
"""The key of the entry about an engine that does not answer."""
_ASKED = ("docker-socket", "docker-version", "docker-info", "docker-containers", "docker-networks")
_LEFT: dict[Left, Message] = {
    "process": message("a container that still runs"),
    "rule": message("its rules"),
    "bridge": message("its bridge"),
    "relay": message("its docker-proxy"),
}


def with_engines(answer: Answer) -> Answer:
    """Return the answer with the sentences about engines that do not answer."""
    said: list[Message] = []
    unread = answer.unread
    for host in answer.network.hosts:
        found = health(host)
        for each in found:
            line = state(each, answer.network, host)
            if each.is_down and not each.expected:  # a resting engine's requests have no answer that anything needs
                unread = tuple(one for one in unread if not _is_of(one, host.name))
            if line is None or (not each.expected and not _is_missed(each, found, answer, host)):
                continue
            if not (host.is_partly_read and each.contact.state == "unreadable"):  # the line about root says it
                said.append(answer.network.about_host(host.name, line))
            if each.expected and each.engine.traits.has_daemon:
                unread = _summed_up(unread, Unread(STATE, "", each.contact.endpoint, line, "", host.name))
    notes = tuple(line for host in answer.network.hosts for line in _beside(host))
    return msgspec.structs.replace(
        answer, engines=tuple(dict.fromkeys(said)), unread=unread, notes=(*answer.notes, *notes)
    )


def _beside(host: Host) -> Iterator[Message]:
    """Yield the line about daemons that were not asked, with the command that asks the first of them."""
    if not host.beside:
        return
    first, *more = host.beside
    where = {"pid": first.pid, "user": first.user, "socket": first.asking}
    if not more:
        yield message(
            "another dockerd runs here (process {pid}, user id {user}) and was not asked: its containers are not in "
            "this answer. Ask it: DOCKER_HOST={socket} hairpin check",
            **where,
        )
        return
    yield message(
        "{count} more daemons (dockerd) run here and were not asked: their containers are not in this answer. Ask the "
        "first, process {pid} of user id {user}: DOCKER_HOST={socket} hairpin check",
        count=len(host.beside),
        **where,
    )


def _is_missed(each: Health, found: tuple[Health, ...], answer: Answer, host: Host) -> bool:
    """Return whether the answer lacks a container of the engine, which rests: nothing was found to ask, or nobody
    listens at an asked port.  An engine beside another program's containers is probably only installed and not used."""
    if any(other is not each and other.engine.containers for other in found):
        return False
    if not answer.flows:
        return len(host.namespaces) == 1
    stops = (flow.stop for flow in answer.flows)
    return any(stop is not None and stop.reason == "no-listener" and stop.netns == host.netns for stop in stops)


def _summed_up(unread: tuple[Unread, ...], state: Unread) -> tuple[Unread, ...]:
    """Return the list of missing readings, with a single entry for all requests that the engine did not answer."""
    own = [each for each in unread if _is_of(each, state.host)]
    evidence = own[0].evidence if own else ""
    return (*(each for each in unread if each not in own), msgspec.structs.replace(state, evidence=evidence))


def _is_of(missed: Unread, host: str) -> bool:
    return missed.host == host and missed.key in _ASKED


def unanswered(answer: Answer) -> bool:
    """Return whether an engine that should answer does not answer."""
    return any(each.expected and not each.answers for host in answer.network.hosts for each in health(host))


def state(each: Health, network: Network, host: Host) -> Message | None:
    """Return the sentence about an engine of the host that does not answer.  Return None for an engine that answers,
    and for Podman without containers."""
    if each.answers or not (each.engine.traits.has_daemon or each.expected):
        return None
    said = _state(each, network, host)
    if each.engine.stored and each.engine.containers:
        return message(
            "{said} hairpin reads this engine's containers from the engine's files and from the kernel instead.",
            said=said,
        )
    return said


def _state(each: Health, network: Network, host: Host) -> Message:
    contact = each.contact
    match contact.state:
        case "hung":
            return _hung(each, network, host)
        case "stopped":
            return _stopped(each)
        case "unreadable":
            return message(
                "This user may not ask {engine} at {endpoint}. Run hairpin as root.",
                engine=each.engine.title,
                endpoint=contact.endpoint,
            )
        case _:
            return _refusing_podman(host) if each.engine.kind == "podman" else _unreachable(each)


def _refusing_podman(host: Host) -> Message:
    """Return the sentence about a Podman that ends with an error whatever it is asked, as for a setting that its
    release does not have.  Measured with Podman 5.4.2 and ``network_backend = "cni"``"""
    told = (each.reason for each in host.unread if each.key in ("podman-version", "podman-containers"))
    return message("Podman does not answer. It says: {error}", error=next(told, "-"))


def _hung(each: Health, network: Network, host: Host) -> Message:
    endpoint = each.contact.endpoint
    halted = sorted(each.contact.halted, key=lambda process: not process[1].startswith("dockerd"))
    for pid, name in halted[:1]:
        from hairpin.change.commands.text import in_one_line  # noqa: PLC0415 - few engines are stopped by a signal

        repair = in_one_line(one(ContinueProcess(host.name, pid)), network)
        if name.startswith("dockerd"):
            return message(
                "dockerd does not answer: it is stopped (SIGSTOP, process {pid}). `{repair}` lets it go on.",
                pid=pid,
                repair=repair,
            )
        return message(
            "Docker answers in part only: containerd is stopped (SIGSTOP, process {pid}). `{repair}` lets it go on.",
            pid=pid,
            repair=repair,
        )
    if each.engine.kind == "podman":
        return message("Podman does not answer within 8 seconds.")
    if not each.engine.stored and each.engine.containers:
        return message("dockerd at {endpoint} answers in part only: it does not tell its version.", endpoint=endpoint)
    return message("dockerd at {endpoint} does not answer within 3 seconds.", endpoint=endpoint)


def _stopped(each: Health) -> Message:
    if not each.expected and each.left:
        return message("dockerd is not running: its unit is disabled, and none of its containers runs.")
    if not each.expected:
        return message(
            "dockerd is not running: nothing starts it at boot, and the kernel holds nothing that dockerd made."
        )
    why = refusal(each.engine)
    reason = why if why is not None else _expected_because(each)
    return message("dockerd is not running: {reason}.", reason=reason)


def _expected_because(each: Health) -> Message:
    if each.awaited:
        names = ", ".join(sorted(one.name for one in each.awaited)[:5])
        return message("dockerd should run for {containers}", containers=names)
    if each.enabled:
        return message("dockerd should run, because systemd starts it at boot")
    return message("the kernel still holds {left}", left=_LEFT[each.left[0]])


def _unreachable(each: Health) -> Message:
    contact = each.contact
    if not contact.named:
        return message("dockerd runs, but it cannot be asked at {endpoint}.", endpoint=contact.endpoint or "-")
    if not contact.asked:
        return message(
            "{named} names {endpoint}, which is not an engine of this host. hairpin did not ask it. Run hairpin on "
            "that engine's host, or unset {named}.",
            named=contact.named,
            endpoint=contact.endpoint,
        )
    if each.engine.boot is None and each.engine.running:
        return message(
            "{named} names {endpoint}, where no engine answers. Another dockerd runs here: unset {named}, and hairpin "
            "asks that dockerd.",
            named=contact.named,
            endpoint=contact.endpoint,
        )
    return message("{named} names {endpoint}, where no engine answers.", named=contact.named, endpoint=contact.endpoint)
