"""What a container's own log says of a cause, and what hairpin says of the flow that the log names.

A service that does not listen, and a container that ends again and again, often wait for another service.  Only the
container's log names this other service.  The newest line with a meaning in ``catalogue/`` is quoted.  If this line is
about a name or an address, the same question is asked of the hosts, from the container.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.begin import begin_answer, network_of
from hairpin.answer.check import answer_of_check
from hairpin.causes.log_advice import with_log_told
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.repair.starting import PUBLISHES_NOTHING, starting_change
from hairpin.errors import ChangeError, HairpinError
from hairpin.evidence.reading import CONTAINER_LOG, Evidence, Reading, moment, utc_text
from hairpin.evidence.several import Source, together
from hairpin.explain.line import decode, readable, without_prefix
from hairpin.explain.lookup import TextHit, find_meaning
from hairpin.explain.named import parsed_targets, question_about, targets_in
from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.question.asked import Origin
from hairpin.question.question import Question

_replace = msgspec.structs.replace
_SLACK_S = 1.0
"""dockerd notes the start of a container a moment after its program runs, and the program may have written by then."""
_LONGEST_RUN_S = 600.0
"""How long before a container's last start a line may be: a container that ends at once is started again after at most
a minute."""
_SHOWN = 200
"""The greatest number of characters of a line that are quoted."""
_MOST_LINES, _MOST_LONG = 10, 400
"""The greatest number of lines, and of characters in a line, that are looked at: a snapshot may come from anybody."""
_MOST_FOLLOWED = 2
"""The greatest number of flows of an answer that are asked again."""
_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+)) ?(.*)")
_ERROR = re.compile(
    r"\b(?:err|error|fatal|panic|emerg|crit|critical|alert|exception|fail|failed|failure|cannot|can't|could not|"
    r"couldn't|unable|bad address|"
    r"refused|denied|invalid|unknown|not found|no such|missing|abort|aborted|killed|exiting)\b|[a-z]Error\b",
    re.IGNORECASE,
)
_ASKED_NAME = re.compile(
    r"(?:connecting to|getaddrinfo for(?: host)?|lookup|resolve|upstream|host(?:name)?)[ :]+[\"']?"
    r"([A-Za-z0-9][A-Za-z0-9_.-]*)[\"']?(?:(?::| port )(\d{1,5})\b)?"
)
_NAMED_PORT = re.compile(r"(?<![\w./:-])([A-Za-z0-9][A-Za-z0-9_-]*):(\d{1,5})\b")
_ANY_PORT = 80
"""The port of a question about a container's name, if the container exposes no port."""


class LogLine(NamedTuple):
    """A line of a container's log: its time in seconds since the epoch, the program's own words, and their meaning in
    the catalogue."""

    at: float
    text: str
    hit: TextHit | None

    @property
    def is_about_name(self) -> bool:
        """Whether the line says that a name was not found."""
        return self.hit is not None and self.hit.entry.about == "name"


class Logged(NamedTuple):
    """A container whose log may tell the reason of a cause."""

    host: Host
    engine: Engine
    container: Container


def logged_containers(answer: Answer) -> tuple[Logged, ...]:
    """Return the containers whose logs may tell why a flow of the answer fails now, each once."""
    found = (each for cause in answer.causes for each in _logs_of(cause, answer.network))
    return tuple({(each.host.name, each.container.id): each for each in found}.values())


def with_logs(answer: Answer, whole: Callable[[], tuple[Source, ...]] | None = None) -> Answer:
    """Return the answer in which each cause has the lines of its containers' logs that tell the reason, and what the
    hosts say of the flows that these lines name.

    ``whole``: reads all containers of this host, which is done if a flow is asked and a container was left unread."""
    followed = _Followed(answer, whole)
    causes = tuple(_with_log(each, answer, followed) for each in answer.causes)
    return answer if causes == answer.causes else _replace(answer, causes=causes)


def _logs_of(cause: CauseAnswer, network: Network) -> Iterator[Logged]:
    if cause.severity != "blocking" or cause.event is not None:
        return
    host = network.host(cause.host)
    for name in cause.candidate.logs:
        container = host.container(name)
        if container is not None:
            yield Logged(host, host.engine_of(container), container)


def _with_log(cause: CauseAnswer, answer: Answer, followed: "_Followed") -> CauseAnswer:
    told: list[Message] = []
    for each in _logs_of(cause, answer.network):
        evidence = next((one for one in answer.evidence if one.name == each.host.name), None)
        reading = log_of(evidence, each.container) if evidence is not None else None
        lines = telling_lines(lines_of_log(reading, each.container)) if reading is not None else ()
        if not lines:
            continue
        told += (_quote(line, each.container) for line in lines)
        told += filter(None, (followed.of(line, each) for line in lines[-1:]))
        cause = _without_advice(cause, each.engine.command("logs", each.container.name))
    return _replace(cause, log=tuple(told)) if told else cause


def _without_advice(cause: CauseAnswer, command: str) -> CauseAnswer:
    """Return the cause whose repairs no longer send a person to the log that was quoted."""
    remedies = tuple(
        _replace(each, advice=tuple(filter(None, (with_log_told(said, command) for said in each.advice))))
        for each in cause.remedies
    )
    return _replace(cause, remedies=remedies)


def _quote(line: LogLine, container: Container) -> Message:
    return message(
        "The log of {name} says (at {at}): {line}",
        name=container.name, at=utc_text(datetime.fromtimestamp(line.at, UTC)), line=line.text[:_SHOWN],
    )  # fmt: skip


# --- the lines --------------------------------------------------------------------------------------------------------


def log_of(evidence: Evidence, container: Container) -> Reading | None:
    """Return the reading of the container's log; None if it was not read."""
    for each in evidence.all(CONTAINER_LOG):
        if each.outcome == "text" and container.id and container.id in each.origin:
            return each
    return None


def lines_of_log(reading: Reading, container: Container) -> tuple[LogLine, ...]:
    """Return the lines that the container has written since its last start, the oldest first.

    A container that its engine starts again and again has often written nothing since its last start.  Then the lines
    before that start count, too: they tell why the container ended."""
    started = moment(container.started_at)
    found: list[LogLine] = []
    before: list[LogLine] = []
    for line in reading.text.splitlines()[-_MOST_LINES:]:
        stamped = _STAMPED.fullmatch(line[:_MOST_LONG])
        at = moment(stamped[1]) if stamped is not None else None
        if stamped is None or at is None or (started is not None and at < started - _LONGEST_RUN_S):
            continue
        raw = readable(stamped[2].encode("utf-8", "replace"))
        if raw.strip():
            of_this_run = started is None or at >= started - _SLACK_S
            (found if of_this_run else before).append(LogLine(at, without_prefix(decode(raw)), find_meaning(raw)))
    return tuple(found or (before if container.restart_count else ()))


def telling_lines(lines: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
    """Return the lines that tell the reason, at most two, the oldest first: the newest line with a known meaning; else
    the newest lines with a word for an error; else the last line."""
    faults = [each for each in lines if each.hit is not None and each.hit.entry.kind == "fault"]
    special = [each for each in faults if each.hit is not None and not each.hit.entry.general]
    if faults:
        return ((special or faults)[-1],)
    errors = list({each.text: each for each in lines if _ERROR.search(each.text)}.values())
    return tuple(errors[-2:] or lines[-1:])


def target_of(line: LogLine, known: frozenset[str] = frozenset()) -> str:
    """Return the target that the line names, as an argument of ``hairpin check``: a name, perhaps with a port, that was
    not found, or an address or a name that did not answer; empty if it names none.

    ``known``: the names of containers, in the form of :func:`_plain`.  A line without a known meaning may name a
    container's port."""
    hit = line.hit
    if hit is None:
        found = (each for each in _NAMED_PORT.finditer(line.text) if _plain(each[1]) in known)
        return next((each[0] for each in found if _ERROR.search(line.text)), "")
    if hit.entry.about == "flow":
        targets = targets_in(hit.text, hit.places)
        return next(iter(targets), dict(hit.places).get("host", ""))
    if hit.entry.about != "name":
        return ""
    found_name = _ASKED_NAME.search(hit.text)
    name = dict(hit.places).get("host") or (found_name[1] if found_name is not None else "")
    port = re.search(rf"(?<![\w.-]){re.escape(name)}[\"']?(?::| port )(\d{{1,5}})\b", hit.text) if name else None
    return f"{name}:{port[1]}" if port is not None else name


def _plain(name: str) -> str:
    """Return the name in the form in which the names of Compose's old and new versions are equal: ``shop-web-1`` and
    ``shop_web_1``."""
    return name.lower().replace("_", "-")


# --- the flow that a line names ---------------------------------------------------------------------------------------


class _Followed:
    """Asks the hosts of an answer about the flows that its containers' logs name, each once."""

    def __init__(self, answer: Answer, whole: Callable[[], tuple[Source, ...]] | None) -> None:
        self._answer = answer
        self._whole = whole
        self._said: dict[tuple[str, str, str], Message] = {}
        self._read: tuple[Network, tuple[Source, ...]] | None = None
        containers = [each for host in answer.network.hosts for each in host.containers()]
        self._known = frozenset(
            _plain(name) for each in containers for name in (each.name, *each.service_names) if name
        )

    def of(self, line: LogLine, logged: Logged) -> Message | None:
        """Return what the hosts say of the flow that the line names; None if it names none."""
        target = target_of(line, self._known)
        key = (logged.host.name, logged.container.name, target)
        if not target or (key not in self._said and len(self._said) >= _MOST_FOLLOWED):
            return None
        if key not in self._said:
            self._said[key] = self._answer_about(target, line, logged)
        return self._said[key]

    def _answer_about(self, target: str, line: LogLine, logged: Logged) -> Message:
        several, by_name = self._answer.has_several_hosts, line.is_about_name
        start = f"container:{logged.container.name}{f'@{logged.host.name}' if several else ''}"
        values = {"target": target, "name": logged.container.name}
        try:
            network, sources = self._hosts()
            host = network.host(logged.host.name)
            container = host.container(logged.container.name) or logged.container
            target = _with_port(target, network)
            found = _answer(target, host, container, network, sources)
        except HairpinError as error:
            return message("{target}, which the log names: {said}", said=error.said, **values)
        values["command"] = question_about(target, start)
        return _said_of(found, by_name, values)

    def _hosts(self) -> tuple[Network, tuple[Source, ...]]:
        """Return the network in which all containers were read, and its evidence."""
        if self._read is None:
            network, sources = self._answer.network, self._answer.evidence
            left = any(each.left_unread for host in network.hosts for each in host.containers())
            if left and self._whole is not None:
                read = together(self._whole())
                self._read = network_of(read), read
            else:
                self._read = network, sources
        return self._read


def _said_of(found: Answer, by_name: bool, values: dict[str, str]) -> Message:
    """Return the sentence with the answer about the flow that a log names.  ``by_name``: whether the log says that the
    name was not found."""
    failing = [each for each in found.flows if not each.succeeds]
    looked_up = [each for each in failing if each.trace.flow.asked_name]
    wanted = {ref for each in (looked_up if by_name and looked_up else failing) for ref in each.causes}
    blocking = [each for each in found.causes if each.severity == "blocking"]
    cause = next((each for each in blocking if each.ref in wanted), blocking[0] if blocking and not looked_up else None)
    if cause is not None:
        return message(
            "{target}, which the log names: {title} ({cause}; `{command}` says more)",
            title=cause.candidate.title, cause=cause.id, **values,
        )  # fmt: skip
    if looked_up:
        return message("{target}, which the log names: no name server of {name} knows it now (`{command}` says more)",
                       **values)  # fmt: skip
    if found.flows and not failing:
        return message(
            "{target}, which the log names: nothing that hairpin read keeps {name} from it now (`{command}` says more)",
            **values,
        )
    return message("{target}, which the log names: `{command}` follows its packets", **values)


def _with_port(target: str, network: Network) -> str:
    """Return the target with a port, if the target is the name of a container and has no port.  Only then the question
    asks for the look-up of the name, too."""
    hosts = network.hosts if ":" not in target else ()
    named = [(host, each) for host in hosts for each in host.containers_named(target)]
    ports = (
        *(port for _, each in named for _, port in each.exposed),
        *(binding.container_port for host, each in named for binding in host.network_owner(each).bindings),
    )
    return f"{target}:{ports[0] if ports else _ANY_PORT}" if named else target


def _answer(target: str, host: Host, container: Container, network: Network, sources: tuple[Source, ...]) -> Answer:
    """Return the answer to the question about the target, from the container.  A container that does not run is started
    in the model first."""
    network = _running(host, container, network)
    label = host.name if len(network.hosts) > 1 else ""
    question = Question(
        targets=parsed_targets((target,)), origin=Origin("container", container=container.name, host=label)
    )
    start, flows = begin_answer(question, sources, network)
    return answer_of_check(start, flows, None, "causes", partial=False) or start


def _running(host: Host, container: Container, network: Network) -> Network:
    if container.running and container.netns is not None:
        return network
    change = starting_change(host, container, next(iter(container.bindings), PUBLISHES_NOTHING))
    try:
        return simulate(change, network) if change is not None else network
    except ChangeError:
        return network
