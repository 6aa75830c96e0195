"""States of the hosts, beside the causes of the flows."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.decisive import exit_status
from hairpin.answer.engines import unanswered
from hairpin.answer.states import questions_about_ended, with_states
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.contact import Contact
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.idle import IdleContainer
from hairpin.question.asked import Target
from hairpin.question.question import Question
from hairpin.report.paper import Paper
from hairpin.report.places import NO_HOSTS
from hairpin.report.text.head_text import write_verdicts
from hairpin.report.words import Words
from tests.report.answers import answer
from tests.small_host import container, engine

STORED = msgspec.structs.replace(engine(container()), stored=True)


def told(docker: Engine = STORED, how: str = "stopped", *, kind: str = "check") -> Answer:
    """Return a delivered answer of a host whose engine is like that, with the states of its hosts."""
    found = answer()
    contact = msgspec.convert({"kind": "docker", "endpoint": "unix:///run/docker.sock", "state": how}, Contact)
    host = msgspec.structs.replace(found.network.this, contacts=(contact,), engines=(docker,))
    network = msgspec.structs.replace(found.network, hosts=(host,))
    question = msgspec.convert(msgspec.to_builtins(found.question) | {"kind": kind}, type(found.question))
    return with_states(msgspec.structs.replace(found, network=network, question=question))


def test_a_stopped_daemon_is_a_latent_cause_with_its_event() -> None:
    found = told()
    (cause,) = found.causes
    assert (cause.id, cause.severity, cause.event) == ("docker-daemon-not-running", "latent", "reboot")
    assert (cause.stop, cause.proof) == (None, None)
    assert cause.remedies[0].commands == ("systemctl start docker", "docker start web")
    assert cause.remedies[0].persist_commands == ("systemctl enable docker",)
    assert unanswered(found)


def test_one_that_starts_at_boot_needs_no_enabling() -> None:
    boot = Boot("sysvinit", ("/etc/rc2.d/S01docker",))
    (cause,) = told(msgspec.structs.replace(STORED, boot=boot)).causes
    assert (cause.event, cause.remedies[0].commands) == ("container-stop", ("service docker start", "docker start web"))
    assert cause.remedies[0].persist_commands == ()


def test_what_keeps_it_from_starting_comes_first() -> None:
    maker, cause = told(msgspec.structs.replace(STORED, boot=Boot("systemd", malformed=True))).causes
    assert (maker.id, cause.follows_from) == ("daemon-does-not-start-config", (maker.ref,))


def test_no_start_of_a_daemon_is_a_repair_while_a_person_has_to_repair_what_keeps_it_from_starting() -> None:
    _, cause = told(msgspec.structs.replace(STORED, boot=Boot("systemd", malformed=True))).causes
    (remedy,) = cause.remedies
    assert (remedy.commands, remedy.by_person) == ((), True)
    first = Words("en")(remedy.advice[0])
    assert first.startswith("first repair daemon-does-not-start-config; then: ")
    assert "systemctl start docker" in first


def test_an_engine_that_answers_has_no_state() -> None:
    assert told(how="answers").causes == ()


def test_a_walk_names_no_cause() -> None:
    assert told(kind="walk").causes == ()


LOOP = msgspec.structs.replace(
    container("restarting"), id="d" * 64, name="loop", bindings=(), endpoints=(), restart_policy="always", exit_code=3
)
SICK = msgspec.structs.replace(container(), health="unhealthy")


def ended(name: str, status: str = "exited", **changed: object) -> Container:
    """Return a container that does not run and publishes nothing."""
    idle = msgspec.structs.replace(container(status), id=name, name=name, bindings=(), endpoints=())
    return msgspec.structs.replace(idle, **changed)


def asked(found: Answer, *targets: Target) -> Answer:
    """Return the answer to another question, with the states of its hosts."""
    return with_states(msgspec.structs.replace(found, question=Question("check", targets)))


def of(*containers: Container) -> Answer:
    found = answer()
    host = msgspec.structs.replace(found.network.this, contacts=(), engines=(engine(*containers),))
    return msgspec.structs.replace(found, network=msgspec.structs.replace(found.network, hosts=(host,)))


def test_a_container_in_a_loop_is_blocking_though_it_publishes_nothing() -> None:
    found = asked(of(container(), LOOP))
    assert [(each.id, each.severity) for each in found.causes] == [("container-not-running", "blocking")]
    assert exit_status(found) == 1
    assert asked(of(container(), LOOP), Target(8151)).causes == ()


def test_an_unhealthy_container_is_a_line_of_advice() -> None:
    (cause,) = asked(of(SICK)).causes
    assert (cause.id, cause.severity) == ("container-unhealthy", "advice")
    assert cause.line is not None


LINES: dict[str, tuple[tuple[Container, ...], str]] = {
    "one": ((ended("job"),), "1 container does not run: job (exited, policy no)"),
    "two kinds": (
        (ended("job"), ended("made", "created"), ended("bad", "created", error="x")),
        "3 containers do not run: job (exited, policy no); made (created, policy no); bad (created, its start failed)",
    ),
    "many": (
        tuple(ended(f"c{n}") for n in range(7)),
        "7 containers do not run: c0, c1, c2, c3, c4 (exited, policy no); 2 more",
    ),
}


@pytest.mark.parametrize(("idle", "line"), LINES.values(), ids=LINES)
def test_containers_that_do_not_run_are_one_line(idle: tuple[Container, ...], line: str) -> None:
    found = asked(of(container(), *idle))
    assert [Words("en")(each) for each in found.notes] == [line]
    assert exit_status(found) == 0
    assert asked(of(container(), *idle), Target(8151)).notes == ()


def bound(*ports: int) -> tuple[PortBinding, ...]:
    return tuple(PortBinding("tcp", 80, port, actual=False) for port in ports)


IDLE: dict[str, tuple[tuple[PortBinding, ...] | None, str]] = {
    "a port that nobody has": (bound(9000), "who run no engine now: shop (ann, 9000). To see why: hairpin check 9000"),
    "one of two ports": (bound(8151, 9000), "who run no engine now: shop (ann, 9000). To see why: hairpin check 9000"),
    "a port that another process has": (bound(8151), ""),
    "no port": ((), ""),
    "ports that are not known": (None, ""),
}


@pytest.mark.parametrize(("ports", "line"), IDLE.values(), ids=IDLE)
def test_idle_rootless_containers_are_one_line(ports: tuple[PortBinding, ...] | None, line: str) -> None:
    found = of(container())
    host = msgspec.structs.replace(
        found.network.this, idle=(IdleContainer("ann", 1001, "podman", "shop", ports=ports),)
    )
    found = msgspec.structs.replace(found, network=msgspec.structs.replace(found.network, hosts=(host,)))
    said = [Words("en")(each) for each in asked(found).notes]
    assert [each.partition("of users ")[2] for each in said] == ([line] if line else [])
    assert asked(found, Target(8151)).notes == ()


def broken_off(name: str = "proxy", **changed: object) -> Container:
    """Return a container on the host's network that ended with exit code 1."""
    idle = msgspec.structs.replace(
        container("exited"), id=name, name=name, bindings=(), endpoints=(), network_mode="host", restart_policy="no",
        exit_code=1, error="", finished_at="2026-11-28T21:56:18Z",
    )  # fmt: skip
    return msgspec.structs.replace(idle, **changed)


def ended_of(*containers: Container, targets: tuple[Target, ...] = (), flows: bool = False) -> Answer:
    """Return an answer about a host with these containers, without any flow."""
    found = answer()
    host = msgspec.structs.replace(found.network.this, contacts=(), engines=(engine(*containers),))
    return msgspec.structs.replace(
        found,
        question=Question("check", targets),
        network=msgspec.structs.replace(found.network, hosts=(host,)),
        flows=found.flows if flows else (),
        causes=(),
        notes=(),
    )


CASES: dict[str, tuple[Answer, tuple[str, ...]]] = {
    "an error": (ended_of(broken_off()), ("proxy",)),
    "two": (ended_of(broken_off(), broken_off("vpn", exit_code=2)), ("proxy", "vpn")),
    "many": (ended_of(*(broken_off(f"c{n}") for n in range(5))), ("c0", "c1", "c2")),
    "a memory fault": (ended_of(broken_off(exit_code=139)), ("proxy",)),
    "a job that is done": (ended_of(broken_off(exit_code=0)), ()),
    "stopped by a person": (
        ended_of(broken_off(exit_code=137), broken_off("b", exit_code=143), broken_off("c", exit_code=130)),
        (),
    ),
    "an end that nobody knows": (ended_of(broken_off(exit_code=None, finished_at="")), ()),
    "never started": (ended_of(broken_off(status="created", exit_code=None)), ()),
    "its start failed": (ended_of(broken_off(error="no such file")), ()),
    "a policy that a person has overruled": (ended_of(broken_off(restart_policy="always")), ()),
    "a network ended_of its own": (ended_of(broken_off(network_mode="shop_default")), ()),
    "running": (ended_of(container()), ()),
    "a target is named": (ended_of(broken_off(), targets=(Target(8151),)), ()),
    "something is asked": (ended_of(broken_off(), flows=True), ()),
}


@pytest.mark.parametrize(("found", "names"), CASES.values(), ids=CASES)
def test_an_end_with_an_error_is_a_question(found: Answer, names: tuple[str, ...]) -> None:
    asked = tuple(questions_about_ended(found, 0))
    assert tuple(dict(each.question.text.values)["name"] for each in asked) == names
    assert [each.ref for each in asked] == [f"q{n}" for n in range(1, len(names) + 1)]


def test_the_question_has_the_exit_code_the_time_and_the_log() -> None:
    (asked,) = questions_about_ended(ended_of(broken_off()), 2)
    assert asked.ref == "q3"
    assert str(asked.question.text).endswith("ended by itself with exit code 1 at 2026-11-28T21:56:18Z")
    assert str(asked.question.if_yes).endswith("then run `docker start proxy`")
    assert [each.of for each in asked.question.wanted] == [("docker logs --tail 50 proxy",)]


def test_who_is_asked_about_is_in_no_note_and_no_cause() -> None:
    found = with_states(ended_of(broken_off(), broken_off("job", exit_code=0)))
    assert [str(each) for each in found.notes] == ["1 container does not run: job (exited, policy no)"]
    assert found.causes == ()
    assert exit_status(found) == 0


@pytest.mark.parametrize("containers", ((broken_off(),), (broken_off(exit_code=0),)))
def test_the_question_comes_first(containers: tuple[Container, ...]) -> None:
    found = ended_of(*containers)
    found = msgspec.structs.replace(found, questions=tuple(questions_about_ended(found, 0)))
    paper = Paper(width=100, coloured=False, ascii_only=False)
    write_verdicts(found, Words("en"), paper, NO_HOSTS, verbose=False)
    text = paper.text().strip()
    first = "question: Should proxy run?" if found.questions else "No container that runs here publishes a port"
    assert text.startswith(first)
    assert text.count("question:") == len(found.questions)
    assert "No container that runs here publishes a port" in text
