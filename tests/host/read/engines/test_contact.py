"""How an engine took the questions, from what the collector wrote down."""

import msgspec

from hairpin.evidence.reading import Evidence, Outcome, text_reading
from hairpin.host.contact import Contact, EngineBeside
from hairpin.host.read.engines.contact import asked_beside, beside, contact
from tests.host.fixture_evidence import evidence
from tests.rows import each_row

Row = tuple[str, Outcome, str, str, int]
SOCKET: Row = ("docker-socket", "text", "/run/docker.sock", "unix:///run/docker.sock (dockerd, process 9)", 0)
DOCKERD: Row = ("dockerd-cmdline", "text", "/proc/9/cmdline", "", 0)
END = "unix:///run/docker.sock"


def of(*readings: Row) -> Evidence:
    read = evidence(*((key, "", origin, text) for key, _, origin, text, _ in readings))
    made = (
        msgspec.structs.replace(each, outcome=outcome, status=status, took_ms=30)
        for each, (_, outcome, _, _, status) in zip(read.readings, readings, strict=True)
    )
    return msgspec.structs.replace(read, readings=tuple(made))


CASES: dict[str, tuple[Evidence, Contact]] = {
    "it answers": (
        of(SOCKET, ("docker-version", "text", "docker version", "{}", 0)), Contact("docker", END, "answers", 30)),
    "no answer in time": (
        of(SOCKET, DOCKERD, ("docker-version", "failed", "docker version", "", 124)), Contact("docker", END, "hung")),
    "curl had none in time": (
        of(SOCKET, DOCKERD, ("docker-version", "failed", "GET /version", "", 28)), Contact("docker", END, "hung")),
    "it runs and does not listen": (
        of(SOCKET, DOCKERD, ("docker-version", "failed", "docker version", "Cannot connect", 1)),
        Contact("docker", END, "unreachable")),
    "its socket is left over": (
        of(SOCKET, ("docker-version", "failed", "docker version", "Cannot connect", 1)),
        Contact("docker", END, "stopped")),
    "no permission": (
        of(("docker-socket", "refused", "/run/docker.sock", "Permission denied", 1)),
        Contact("docker", END, "unreadable")),
    "one question is not permitted": (
        of(SOCKET, DOCKERD, ("docker-version", "refused", "docker version", "403 Forbidden", 1),
           ("docker-containers", "text", "docker ps", "[]", 0)), Contact("docker", END, "answers")),
    "nothing to ask it with": (
        of(SOCKET, ("docker-version", "absent", "docker version", "neither docker nor curl is installed", 127)),
        Contact("docker", END, "unreachable")),
    "another machine's": (
        of(("docker-socket", "absent", "tcp://192.0.2.1:2375", "not a local socket: not asked", 127)),
        Contact("docker", "tcp://192.0.2.1:2375", "unreachable", asked=False)),
    "another machine's, by name": (
        of(("docker-socket", "absent", "ssh://a@b", "not asked (named by DOCKER_HOST)", 127), DOCKERD),
        Contact("docker", "ssh://a@b", "unreachable", named="DOCKER_HOST", asked=False)),
    "a named place where nobody listens, beside a daemon": (
        of(("docker-socket", "absent", "/nope", "/nope is not there or no socket (named by docker context far)", 127),
           DOCKERD),
        Contact("docker", "unix:///nope", "unreachable", named="docker context far")),
    "a named place refuses": (
        of(("docker-socket", "refused", "/nope", "/nope: Permission denied (named by DOCKER_HOST)", 1)),
        Contact("docker", "unix:///nope", "unreadable", named="DOCKER_HOST")),
    "a signal has stopped it": (
        of(SOCKET, DOCKERD, ("docker-version", "failed", "docker version", "not asked", 124),
           ("engine-halted", "text", "/proc/PID/stat", "9\tdockerd\n", 0)),
        Contact("docker", END, "hung", halted=((9, "dockerd"),))),
    "no socket": (
        of(("docker-socket", "absent", "/run/docker.sock", "no Docker socket", 127)),
        Contact("docker", END, "stopped")),
    "no flow was asked for": (of(), Contact("docker", "", "stopped")),
}  # fmt: skip


@each_row(("read", "expected"), CASES.values(), ids=CASES)
def test_docker(read: Evidence, expected: Contact) -> None:
    assert contact(read, "docker") == expected


ANNS: tuple[Row, ...] = (
    ("docker-socket", "text", "runuser -u ann -- /run/user/1000/docker.sock",
     "unix:///run/user/1000/docker.sock (dockerd, process 900, of ann)", 0),
    ("docker-version", "text", "runuser -u ann -- GET /version", "{}", 0),
)  # fmt: skip
ANNS_LIST: Row = ("docker-containers", "text", "runuser -u ann -- GET /containers/json?all=1", "", 0)


def test_the_answer_of_a_users_dockerd_is_not_that_of_roots() -> None:
    both = of(SOCKET, DOCKERD, ("docker-version", "failed", "docker version", "", 124), *ANNS)
    assert contact(both, "docker") == Contact("docker", END, "hung")
    anns = "unix:///run/user/1000/docker.sock"
    assert contact(both, "docker", "ann") == Contact("docker", anns, "answers", 30, user="ann")
    alone = of(("docker-socket", "absent", "/run/docker.sock", "no Docker socket", 127), *ANNS)
    assert contact(alone, "docker").state == "stopped"


def test_a_daemon_that_listed_its_containers_was_asked() -> None:
    lines = text_reading("900\t1000\t\n901\t1001\t\n", "/proc/PID/cmdline")
    told, silent = of(*ANNS, ANNS_LIST), of(*ANNS)
    for read, left in ((told, [901]), (silent, [900, 901])):
        asked = asked_beside(read.all("docker-socket"), read.all("docker-containers"))
        assert [each.pid for each in beside(lines, asked)] == left


def test_podman_has_no_daemon() -> None:
    version: Row = ("podman-version", "text", "podman version", "{}", 0)
    listed: Row = ("podman-containers", "text", "podman inspect", "[]", 0)
    assert contact(of(version, listed), "podman") == Contact("podman", "podman", "answers", 30)
    never = of(("podman-version", "absent", "podman version", "no container of podman runs", 127))
    assert contact(never, "podman").state == "stopped"


def test_each_line_is_a_daemon_beside_the_asked_one() -> None:
    text = "812\t0\tunix:///run/d2.sock tcp://127.0.0.1:2376\n900\t1000\tunix:///run/user/1000/docker.sock\nx\n"
    found = beside(text_reading(text, "/proc/PID/cmdline"))
    assert found == (
        EngineBeside(812, 0, ("unix:///run/d2.sock", "tcp://127.0.0.1:2376")),
        EngineBeside(900, 1000, ("unix:///run/user/1000/docker.sock",)),
    )
    assert [each.asking for each in found] == ["unix:///run/d2.sock", "unix:///run/user/1000/docker.sock"]
    assert EngineBeside(1, 0).asking == "unix://PATH"


def test_a_podman_that_was_too_slow_to_list_its_containers_is_hung() -> None:
    """The collector ends a slow engine's requests, and then has no reading for what it did not ask any more."""
    version: Row = ("podman-version", "text", "podman version", "{}", 0)
    listed: Row = ("podman-containers", "text", "podman inspect", "[]", 0)
    of_ann: Row = ("podman-version", "text", "runuser -u ann -- podman version", "{}", 0)
    ended: Row = ("podman-containers", "failed", "podman ps", "Session terminated", 124)
    broken: Row = ("podman-containers", "failed", "podman ps", "no such file", 125)
    assert [contact(of(*each), "podman").state for each in (
        (version,), (version, listed, of_ann), (version, ended), (version, broken),
    )] == ["hung", "hung", "hung", "answers"]  # fmt: skip
