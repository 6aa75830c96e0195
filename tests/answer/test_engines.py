"""What an answer says of engines that do not answer."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.engines import state, unanswered, with_engines
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.contact import Contact, EngineBeside
from hairpin.host.docker import Engine
from hairpin.host.engine_health import Health
from hairpin.host.host import Unread
from hairpin.host.managers import Unit
from hairpin.netfilter.ir import Ruleset
from hairpin.question.question import Question
from tests.report.answers import answer
from tests.small_host import container, engine, network

DOCKER, PODMAN = Engine("docker", "20.10.24"), Engine("podman", "4.3.1")
STORED = msgspec.structs.replace(engine(container()), stored=True)
NET = network()
END = "unix:///run/docker.sock"


def contact(how: str, endpoint: str = END, **told: object) -> Contact:
    return msgspec.convert({"kind": "docker", "endpoint": endpoint, "state": how} | told, Contact)


SAID: dict[str, tuple[Health, str]] = {
    "halted": (Health(DOCKER, contact("hung", halted=[[4, "dockerd"]])), "(SIGSTOP, process 4). `kill -CONT 4`"),
    "containerd halted": (Health(DOCKER, contact("hung", halted=[[5, "containerd"]])), "containerd is stopped"),
    "hung": (Health(DOCKER, contact("hung")), "does not answer within 3 seconds"),
    "stopped": (
        Health(DOCKER, contact("stopped"), enabled=True),
        "dockerd should run, because systemd starts it at boot",
    ),
    "stopped, for a container": (
        Health(DOCKER, contact("stopped"), awaited=(container(),)),
        "dockerd should run for web",
    ),
    "stopped, its rules left": (Health(DOCKER, contact("stopped"), left=("rule",)), "still holds its rules"),
    "disabled, its rules left": (
        Health(DOCKER, contact("stopped"), left=("rule",), switched_off=True), "its unit is disabled"),
    "stopped for good": (Health(DOCKER, contact("stopped")), "nothing starts it at boot"),
    "refuses its file": (
        Health(msgspec.structs.replace(DOCKER, boot=Boot(malformed=True)), contact("stopped"), enabled=True),
        "/etc/docker/daemon.json is not valid JSON"),
    "a Podman that ends with an error": (
        Health(PODMAN, msgspec.structs.replace(contact("unreachable", "podman"), kind="podman"), enabled=True),
        "Podman does not answer. It says: unsupported network backend",
    ),
    "not allowed": (Health(DOCKER, contact("unreadable")), "may not ask Docker at unix:///run/docker.sock"),
    "nobody there": (
        Health(DOCKER, contact("unreachable", "unix:///x", named="DOCKER_HOST")),
        "DOCKER_HOST names unix:///x, where no engine answers. Another dockerd runs here"),
    "another machine's": (
        Health(DOCKER, contact("unreachable", "ssh://a", named="docker context far", asked=False)),
        "docker context far names ssh://a, which is not an engine of this host"),
    "told by its files": (Health(STORED, contact("hung")), "containers from the engine's files"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "said"), SAID.values(), ids=SAID)
def test_the_first_line(found: Health, said: str) -> None:
    refused = Unread("podman-version", "", "podman version", "unsupported network backend", "e1")
    assert said in str(state(found, NET, msgspec.structs.replace(NET.this, unread=(refused,))))


@pytest.mark.parametrize("found", (Health(DOCKER, contact("answers")), Health(PODMAN, contact("stopped"))))
def test_of_the_others_nothing_is_said(found: Health) -> None:
    assert state(found, NET, NET.this) is None


def told(how: str, docker: Engine = STORED, *, unread: tuple[Unread, ...] = ()) -> Answer:
    """Return a delivered answer of a host whose engine is like that."""
    found = answer()
    host = msgspec.structs.replace(found.network.this, contacts=(contact(how),), engines=(docker,))
    network = msgspec.structs.replace(found.network, hosts=(host,))
    return with_engines(msgspec.structs.replace(found, network=network, unread=unread))


def test_an_engine_that_answers_adds_nothing() -> None:
    found = told("answers")
    assert (found.engines, found.causes, found.unread, unanswered(found)) == ((), (), (), False)


@pytest.mark.parametrize("how", ("hung", "unreachable", "unreadable"))
def test_one_that_is_no_cause_leaves_something_undecided(how: str) -> None:
    asked = Unread("docker-version", "", "docker version", "no answer", "e9", answer().network.this.name)
    found = told(how, unread=(asked,))
    assert found.causes == ()
    assert [(each.key, each.evidence) for each in found.unread] == [("docker-state", "e9")]
    assert len(found.engines) == 1


def lines(*others: Engine, asked: Answer | None = None, guests: int = 0) -> int:
    """Return how many lines the answer has about a dockerd that nothing starts."""
    found = asked or msgspec.structs.replace(answer(), flows=())
    bare = msgspec.structs.replace(found.network.this.namespace("host"), links=(), sockets=(), ruleset=Ruleset())
    further = (msgspec.structs.replace(bare, name=f"netns:{number}") for number in range(guests))
    host = msgspec.structs.replace(
        found.network.this, contacts=(contact("stopped"),), engines=(DOCKER, *others), namespaces=(bare, *further)
    )
    return len(with_engines(msgspec.structs.replace(found, network=found.network.with_host(host))).engines)


def test_what_a_resting_engine_was_asked_is_not_missed() -> None:
    asked = Unread("docker-version", "", "docker version", "no answer", "e9", answer().network.this.name)
    found = told("stopped", DOCKER, unread=(asked,))
    bare = msgspec.structs.replace(
        found.network.this,
        units=(Unit("docker.service", "inactive", "disabled"),),
        namespaces=tuple(msgspec.structs.replace(each, sockets=()) for each in found.network.this.namespaces),
    )
    again = msgspec.structs.replace(found, network=found.network.with_host(bare), unread=(asked,), engines=())
    assert found.unread
    assert not with_engines(again).unread


def test_an_engine_that_is_installed_only_is_no_news_beside_other_programs() -> None:
    assert lines() == 1
    assert lines(PODMAN) == 1
    assert lines(msgspec.structs.replace(PODMAN, containers=(container(),))) == 0
    assert lines(guests=1) == 0


def test_an_engine_that_is_installed_only_is_news_where_nobody_listens() -> None:
    assert lines(asked=answer()) == 0
    assert lines(asked=answer(port=81)) == 1


@pytest.mark.parametrize(("count", "said"), ((1, "another dockerd runs here (process 812"), (2, "2 more daemons")))
def test_daemons_that_were_not_asked_are_counted(count: int, said: str) -> None:
    whole = network()
    beside = (EngineBeside(812, 0, ("unix:///run/d2.sock",)),) * count
    host = msgspec.structs.replace(whole.this, beside=beside)
    answer = Answer(Question(), (), msgspec.structs.replace(whole, hosts=(host,)), ())
    assert any(said in str(each) for each in with_engines(answer).notes)
    assert not with_engines(msgspec.structs.replace(answer, network=whole)).notes
