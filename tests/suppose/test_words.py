"""What a text says in words."""

import pytest

from hairpin.suppose.words import listeners_in, troubles_in


@pytest.mark.parametrize(
    "line",
    (
        "From my laptop the page does not load.",
        "curl on another machine just times out",
        "I cannot reach the container from outside",
        "there is no answer on port 8080",
        "从外部无法访问 8080 端口",
        "von außen nicht erreichbar",
    ),
)
def test_trouble(line: str) -> None:
    (found,) = troubles_in(((7, line),))
    assert (found.result, found.line) == ("failed", 7)


@pytest.mark.parametrize(
    "line",
    ("Everything works as it should.", "timeout: 30", "The container is up and serves pages.", "net.ipv4.tcp_timeout"),
)
def test_no_trouble(line: str) -> None:
    assert tuple(troubles_in(((1, line),))) == ()


@pytest.mark.parametrize(
    ("line", "port", "address"),
    (
        ("listening on *:3001", 3001, ""),
        ("Server running at http://127.0.0.1:3000/", 3000, "127.0.0.1"),
        ("INFO: Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", 8000, ""),
        (" * Running on http://localhost:5000", 5000, "127.0.0.1"),
        ("Started server on port 8081", 8081, ""),
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
    ),
)
def test_nothing_listens(line: str) -> None:
    assert tuple(listeners_in(((1, line),))) == ()
