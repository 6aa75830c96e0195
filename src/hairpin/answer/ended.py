"""Containers on the host's network that ended by themselves with an error, on a host on which nothing else is asked.

Such a container publishes no port, and what it would listen on is unknown, so no flow leads to it.  Its restart policy
starts it no more.  Whether it should run, only the user knows.
"""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.questions import QuestionAnswer, naming_repairs
from hairpin.change.calls import SetContainerState
from hairpin.change.change import SetContainer, one
from hairpin.host.docker import Container, is_engine_time
from hairpin.host.engine_health import AS_STOPPED, is_down
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import read_log

_MOST = 3
"""The greatest number of such containers that are asked about.  A note names the others."""


def ended_with_error(answer: Answer, host: Host) -> tuple[Container, ...]:
    """Return the containers of the host that the answer asks about; none if the answer has flows or a target."""
    if answer.flows or answer.question.targets or answer.event is not None or not host.was_read:
        return ()
    found = (each for engine in host.engines if not is_down(host, engine) for each in engine.containers)
    return tuple(each for each in found if _has_failed(each))[:_MOST]


def _has_failed(container: Container) -> bool:
    """Return whether the container on the host's network ended by itself with an error, and stays ended."""
    return (
        (container.network_mode, container.status, container.restart_policy) == ("host", "exited", "no")
        and not container.error
        and container.exit_code not in AS_STOPPED
        and is_engine_time(container.finished_at)
    )


def questions_about_ended(answer: Answer, count: int) -> Iterator[QuestionAnswer]:
    """Yield the question about each of the containers.  ``count``: how many questions the answer already has."""
    found = ((host, each) for host in answer.network.hosts for each in ended_with_error(answer, host))
    for number, (host, container) in enumerate(found, count + 1):
        yield QuestionAnswer(f"q{number}", naming_repairs(_question(host, container), answer.network), ())


def _question(host: Host, container: Container) -> OpenQuestion:
    engine = host.engine_of(container)
    facts = {"name": container.name, "code": container.exit_code, "at": container.finished_at}
    started = SetContainer(host.name, msgspec.structs.replace(container, status="running"))
    return OpenQuestion(
        text=message(
            "Should {name} run? It is on the host's network, and it ended by itself with exit code {code} at {at}",
            **facts,
        ),
        if_yes=message(
            "Nothing of {name} listens now, so its clients are refused. Remove the reason that its log tells, then run "
            "`{repair}`",
            **facts,
        ),
        if_no=message("There is nothing to do"),
        wanted=(read_log(engine.command("logs", "--tail", "50", container.name)),),
        breaks_if="yes",
        yes_repair=one(started, SetContainerState(engine.kind, "start", container.name, engine.user)),
    )
