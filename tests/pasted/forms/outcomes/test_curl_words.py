"""What curl and wget print becomes outcomes."""

from typing import Any

from tests.pasted.readings import outcomes_in
from tests.rows import each_row

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "curl: quoted in prose": (
        "On a Mac it says: `curl: (7) Failed to connect to localhost port 8080: Connection refused`.",
        [("localhost", 8080, "refused", "")],
    ),
    "curl: refused, with the place": (
        "curl: (7) Failed to connect to 10.8.0.5 port 10001: Connection refused",
        [("10.8.0.5", 10001, "refused", "")],
    ),
    "curl of 2014": (
        "curl: (7) Failed connect to 10.8.0.5:80; No route to host",
        [("10.8.0.5", 80, "unreachable", "")],
    ),
    "curl: the command has the place": (
        "$ curl -m 5 http://10.8.0.5:8080/x\ncurl: (28) Connection timed out after 5001 milliseconds",
        [("10.8.0.5", 8080, "timeout", "")],
    ),
    "curl: no reason, loopback": (
        "$ curl localhost:81\ncurl: (7) Failed to connect to localhost port 81 after 0 ms: Couldn't connect to server",
        [("localhost", 81, "refused", "host")],
    ),
    "curl: no reason, a long time": (
        "curl: (7) Failed to connect to 10.8.0.5 port 81 after 130023 ms: Couldn't connect to server",
        [("10.8.0.5", 81, "timeout", "")],
    ),
    "curl: no reason, at once: not told": (
        "curl: (7) Failed to connect to 10.8.0.5 port 81 after 1 ms: Couldn't connect to server",
        [],
    ),
    "curl: empty": ("$ curl http://10.8.0.5\ncurl: (52) Empty reply from server", [("10.8.0.5", 80, "empty", "")]),
    "curl: reset": (
        "root@nas:~# curl -X GET http://192.168.0.10:8100/status\ncurl: (56) Recv failure: Connection reset by peer",
        [("192.168.0.10", 8100, "reset", "")],
    ),
    "curl: quoted in prose, in French": (
        "`curl: (7) Failed to connect to localhost port 9013: Connexion refusée`",
        [("localhost", 9013, "refused", "")],
    ),
    "curl: in Chinese": (
        "$ curl localhost:8081\ncurl: (7) Failed connect to localhost:8081; 拒绝连接",
        [("localhost", 8081, "refused", "host")],
    ),
    "curl: no name": ("curl: (6) Could not resolve host: db", [("db", None, "no-name", "")]),
    "curl: an answer with an error": (
        "$ curl -f http://10.8.0.5:8080\ncurl: (22) The requested URL returned error: 404",
        [("10.8.0.5", 8080, "answered", "")],
    ),
    "curl -I": ("$ curl -I http://10.8.0.5\nHTTP/1.1 200 OK\nServer: nginx", [("10.8.0.5", 80, "answered", "")]),
    "curl: a page": ("$ curl localhost:8080\n<!DOCTYPE html>\n<html>", [("localhost", 8080, "answered", "host")]),
    "curl -v, broken off": (
        "$ curl -v http://10.8.0.5:8080\n*   Trying 10.8.0.5:8080...\n^C",
        [("10.8.0.5", 8080, "timeout", "")],
    ),
    "wget: refused": (
        "--2026-11-28 01:13:04--  http://127.0.0.1:8152/\nConnecting to 127.0.0.1:8152... failed: Connection refused.",
        [("127.0.0.1", 8152, "refused", "")],
    ),
    "wget: a bad address": ("$ wget http://db:80\nwget: bad address 'db:80'", [("db", None, "no-name", "")]),
    "wget: an answer": (
        (
            "$ wget 10.8.0.5:8080\nConnecting to 10.8.0.5:8080... connected.\nHTTP request sent, awaiting "
            "response... 200 OK"
        ),
        [("10.8.0.5", 8080, "answered", "")],
    ),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected
