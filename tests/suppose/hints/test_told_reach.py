"""The asked port or name together with words: what points to a cause, and what only looks so."""

from hairpin.answer.ask import ask
from hairpin.answer.likely.hinted import hints_of
from hairpin.network.world import World
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.question import parse_question
from tests.rows import each_row
from tests.suppose.test_ordinary import RUN

_STARTED = "$ docker run -d --name app -p 7000:7000 example/app\n"
_NAME = "The container cannot connect to http://host.docker.internal:9000.\n"
_OLLAMA = (
    "The service is listening on 127.0.0.1:9000.\nIts page is at host.docker.internal, the container fails to get it.\n"
)


def _hinted(text: str, target: str = "8080", origin: str | None = None) -> set[str]:
    """Return the causes to which the text points, or the command of a hint without a cause."""
    question = parse_question("check", (target,), origin, (), World(), None, None)
    found = ask(question, (evidence_in_texts((text,)),), depth="causes")
    failures = tuple(each for host in found.network.hosts for each in (host.told.outcomes if host.told else ()))
    return {each.cause or each.command for each in hints_of(found, tuple(each for each in failures if each.failed))}


def _points(text: str, beginning: str, target: str = "8080", origin: str | None = None) -> bool:
    return any(each.startswith(beginning) for each in _hinted(text, target, origin))


@each_row(
    ("text", "unpublished"),
    (
        ("The container has 172.17.0.3, but I cannot open it from my PC.", True),
        ("Here docker ps shows no ports for the container, the page does not open.", True),
        ("容器起来了，docker 里没有端口，浏览器打不开", True),
        ("The web UI does not open with a custom network. With the host network it works.", True),
        ("The container has 172.17.0.3 and -p 80:80, but I cannot open it from my PC.", False),
        ("The container has 172.17.0.3, its port is published, but I cannot open it from my PC.", False),
        ("From another container I cannot reach 172.17.0.3 of my PC.", False),
        ("The container does not resolve names on a custom network. With the host network it works.", False),
        ("docker ps shows 0.0.0.0:80->80/tcp, the page does not open in my browser.", False),
    ),
)
def test_nothing_publishes_the_port(text: str, unpublished: bool) -> None:
    assert _points(text, "port-not-published") is unpublished


@each_row(
    ("text", "unknown"),
    (
        (_STARTED + _NAME, True),
        ("app_1 | Error: getaddrinfo ENOTFOUND host.docker.internal\n", True),
        ("curl: (6) Could not resolve host: host.docker.internal\n", True),
        (_STARTED + _NAME + "It runs with --add-host=host.docker.internal:host-gateway.", False),
        (_STARTED + _NAME + "extra_hosts: yes", False),
        (_STARTED + _NAME + "Docker Desktop on a Mac.", False),
        (_STARTED + _NAME + "Connection refused", False),
        (_STARTED + "The container cannot connect to http://db:9000.\n", False),
    ),
)
def test_the_name_of_the_host_is_unknown(text: str, unknown: bool) -> None:
    assert _points(text, "docker exec CONTAINER getent") is unknown


@each_row(
    ("text", "origin", "found"),
    (
        (RUN + "Ollama listening on 127.0.0.1:9000.\n--add-host=host.docker.internal:host-gateway\n", "web", True),
        (_OLLAMA, None, True),
        (RUN + "Ollama listening on 0.0.0.0:9000.\n--add-host=host.docker.internal:host-gateway\n", "web", False),
        (RUN + "Ollama listening on 127.0.0.1:9000.\n", "web", False),  # nobody asks the host
        (RUN + "web | listening on 127.0.0.1:9000\nhost.docker.internal\n", "web", False),  # in a container's log
        ("Ollama listening on 127.0.0.1:9000.\nhost.docker.internal, --network=host", "web", False),
    ),
)
def test_a_service_of_the_host_listens_on_loopback(text: str, origin: str | None, found: bool) -> None:
    assert _points(text, "host-service-listens-on-loopback", "9000", origin) is found


_LOCAL = "$ curl -I http://127.0.0.1:7000\nHTTP/1.1 200 OK\n"
_PUBLIC = "root@srv:~# curl http://203.0.113.7:7000\ncurl: (28) Failed to connect to 203.0.113.7 port 7000: Timed out\n"
_HELD = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet {}/28 scope global eth0\n"
_ON_HOST = "root@srv:~# docker ps\n"


@each_row(
    ("text", "is_behind_nat"),
    (
        (_ON_HOST + _LOCAL + _PUBLIC + _HELD.format("10.100.3.4"), True),
        (_ON_HOST + _LOCAL + _PUBLIC + _HELD.format("203.0.113.7"), False),
        (_ON_HOST + _LOCAL + _PUBLIC, False),
        (_ON_HOST + _PUBLIC + _HELD.format("10.100.3.4"), False),
    ),
)
def test_the_host_does_not_reach_its_public_address(text: str, is_behind_nat: bool) -> None:
    question = parse_question("check", (), None, (), World(), None, None)
    (cause, *_) = ask(question, (evidence_in_texts((_STARTED + text,)),), depth="causes").causes
    assert (cause.id == "nat-loopback-on-cloud-address") == is_behind_nat
