"""What a text says in words."""

import pytest

from hairpin.evidence.told import Listener
from hairpin.suppose.words import listeners_in, seen_at_both, troubles_in
from tests.rows import each_row


@each_row(
    "line",
    (
        "From my laptop the page does not load.",
        "I cannot reach the container from outside",
        "there is no answer on port 8080",
        "从外部无法访问 8080 端口",
    ),
)
def test_trouble(line: str) -> None:
    (found,) = troubles_in(((7, line),))
    assert (found.result, found.line) == ("failed", 7)


@pytest.mark.parametrize(("line", "found"), (("    Connection refused", 1), ("connection reused", 0)))
def test_an_error_alone_in_a_line(line: str, found: int) -> None:
    assert len(tuple(troubles_in(((1, line),), about_network=True))) == found


@each_row(
    "line",
    (
        "Everything works as it should.",
        "timeout: 30",
        "The container is up and serves pages.",
        "net.ipv4.tcp_timeout",
        "# Warning: table ip nat is managed by iptables-nft, do not touch!",
        '$ test -n "$(cat /proc/net/ip_tables_names 2>&-)" && iptables-legacy-save',
        "sed: can't read /etc/docker/daemon.json: No such file or directory",
        "bash: brctl: command not found",
    ),
)
def test_no_trouble(line: str) -> None:
    assert tuple(troubles_in(((1, line),))) == ()
    assert tuple(troubles_in(((1, line),), about_network=True)) == ()


@each_row(
    ("line", "port", "address"),
    (
        ("listening on *:3001", 3001, ""),
        ("Server running at http://127.0.0.1:3000/", 3000, "127.0.0.1"),
        ("INFO: Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", 8000, ""),
        (" * Running on http://localhost:5000", 5000, "127.0.0.1"),
        ("Started server on port 8081", 8081, ""),
        ("`ss -tlnp` shows `LISTEN 127.0.0.1:11434`", 11434, "127.0.0.1"),
        ("Started Listening for plain HTTP connection on :8008", 8008, ""),
        ("容器日志：start web server, port:8089", 8089, ""),
        ("REST server starting  addr=127.0.0.1:8475", 8475, "127.0.0.1"),
        ('{"level":"info","msg":"http server started","addr":"127.0.0.1:8081"}', 8081, "127.0.0.1"),
        ('LOG:  listening on IPv4 address "127.0.0.1", port 5432', 5432, "127.0.0.1"),
        ("INFO server listening addr=[::]:8080", 8080, ""),
        ("容器里本地监听端口还是 1234", 1234, ""),
        ("服务运行在 http://127.0.0.1:5000", 5000, "127.0.0.1"),
    ),
)
def test_where_a_program_listens(line: str, port: int, address: str) -> None:
    (found,) = listeners_in(((1, line),))
    assert (found.port, found.address) == (port, address)


@pytest.mark.parametrize(
    "line",
    (
        "It has been running for 5000 hours",
        "Failed to connect to server on port 80",
        "version 1.2.3 started",
        "listen tcp 0.0.0.0:53: bind: address already in use",
        "upstream server started remote_addr=127.0.0.1:6379",
        "LOG:  starting PostgreSQL 15.15 on x86_64-pc-linux-musl",
        "kafka-topics.sh --bootstrap-server localhost:9092 --list",
        "UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1",
        "Active: active (running) since Tue 2016-08-16 23:48:32 CST",
        "没有进程在监听 53 端口",
        "ss 显示监听 0.0.0.0:9080",
    ),
)
def test_nothing_listens(line: str) -> None:
    assert tuple(listeners_in(((1, line),))) == ()


def _lines(text: str) -> tuple[tuple[int, str], ...]:
    return tuple(enumerate(text.splitlines(), 1))


@each_row(
    ("text", "result"),
    (
        ("the browser gets connection refused there", "refused"),
        ("curl on another machine just times out", "timeout"),
        ("it is timing out via the browser", "timeout"),
        ("the page is reachable with ports and is not with net: host", "failed"),
        ("the containers there reach nothing but their host", "failed"),
        ("浏览器访问不了", "failed"),
    ),
)
def test_a_sentence_states_a_failure(text: str, result: str) -> None:
    (found,) = troubles_in(_lines(text))
    assert (found.result, found.line) == (result, 1)


@pytest.mark.parametrize(
    "text", ("the page opens in the browser", "Tests: 12 passed, 0 failed", "refused", "all is well")
)
def test_other_sentences_state_none(text: str) -> None:
    assert not list(troubles_in(_lines(text)))


@pytest.mark.parametrize(
    "text",
    (
        "On the host it works, but from another machine it times out.",
        "On the instance the page comes; in a browser elsewhere, by the public\naddress 203.0.113.69, nothing comes.",
        "`curl localhost:80` on the server returns the page. From my laptop it does not work.",
        "From outside no answer. Locally it works fine.",
    ),
)
def test_the_host_gets_an_answer_and_others_get_none(text: str) -> None:
    good, bad = seen_at_both(_lines(text))
    assert (good.result, good.origin, bad.result, bad.origin) == ("answered", "host", "failed", "")


@each_row(
    "text",
    (
        "On the host it is refused, from another machine it works.",
        "It works neither on the host nor from outside.",
        "On the host the project comes up. Another machine cannot connect.",
        "ERROR: on the host it works, from outside it fails",
        "From outside nothing comes.",
    ),
)
def test_other_words_say_nothing_of_both_places(text: str) -> None:
    assert seen_at_both(_lines(text)) == ()


@pytest.mark.parametrize(
    ("text", "port", "address"),
    (
        ("* Running on http://127.0.0.1:5000/", 5000, "127.0.0.1"),
        ("Listening on 0.0.0.0:8080", 8080, ""),
        ("Server started on port 3000", 3000, ""),
    ),
)
def test_a_log_says_where_a_program_listens(text: str, port: int, address: str) -> None:
    (found,) = listeners_in(_lines(text))
    assert (found.port, found.address) == (port, address)


def test_vite_says_that_it_listens_on_loopback() -> None:
    lines = ("web-1  |   ➜  Local:   http://localhost:5173/", "web-1  |   ➜  Network: use --host to expose")
    assert list(listeners_in(enumerate(lines, 1))) == [Listener(5173, "127.0.0.1", 2, "web", printed=True)]


@pytest.mark.parametrize(
    "text",
    (
        "The site is up: `curl -L localhost:7770` gives me all of it",
        "running, and I open http://localhost:8080 in the browser",
        "cannot connect to the server on localhost:5000",
    ),
)
def test_where_a_client_asks_is_no_listener(text: str) -> None:
    assert not list(listeners_in(_lines(text)))


def test_a_paragraph_in_one_line_states_its_failure_late() -> None:
    text = f"I have set {'this and that ' * 30}as the guide says. From my laptop the page does not load."
    (found,) = troubles_in(((4, text),))
    assert (found.target, found.line) == ("From my laptop the page does not load", 4)


def test_a_port_may_end_a_sentence() -> None:
    (found,) = listeners_in(((1, "The service is listening on 127.0.0.1:9000. It is new."),))
    assert (found.port, found.address) == (9000, "127.0.0.1")
    assert not list(listeners_in(((1, "It is listening on 198.51.100.7, I think."),)))
