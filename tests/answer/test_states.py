"""States of the hosts, beside the causes of the flows."""

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.engines import unanswered
from hairpin.answer.states import with_states
from hairpin.host.docker import Boot, Contact, Engine
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
    assert cause.remedies[0].commands == ("systemctl start docker",)
    assert cause.remedies[0].persist_commands == ("systemctl enable docker",)
    assert unanswered(found)


def test_one_that_starts_at_boot_needs_no_enabling() -> None:
    boot = Boot("sysvinit", ("/etc/rc2.d/S01docker",))
    (cause,) = told(msgspec.structs.replace(STORED, boot=boot)).causes
    assert (cause.event, cause.remedies[0].commands) == ("container-stop", ("service docker start",))
    assert cause.remedies[0].persist_commands == ()


def test_what_keeps_it_from_starting_comes_first() -> None:
    maker, cause = told(msgspec.structs.replace(STORED, boot=Boot("systemd", malformed=True))).causes
    assert (maker.id, cause.follows_from) == ("daemon-does-not-start-config", (maker.ref,))


def test_an_engine_that_answers_has_no_state() -> None:
    assert told(how="answers").causes == ()


def test_a_walk_names_no_cause() -> None:
    assert told(kind="walk").causes == ()
