"""Numbers and durations in a client's error decide what it tells, whatever the words around them."""

import pytest

from hairpin.explain.codes import outcome_of
from hairpin.texts.meaning import Outcome

CURL = "curl: ({}) Failed to connect to 10.0.0.5 port 80 after {} ms: Couldn't connect to server"
CASES: dict[str, tuple[str, Outcome | None]] = {
    "curl 28, whatever follows": (CURL.format(28, 130012), "timeout"),
    "curl 7 at once": (CURL.format(7, 0), "refused"),
    "curl 7 after ARP has given up": (CURL.format(7, 3058), "no-route"),
    "curl 7 after two minutes": (CURL.format(7, 131071), "timeout"),
    "git, without a code": (CURL.format(7, 129914).partition(") ")[2], "timeout"),
    "Guzzle": ("cURL error 28: Connection refused", "timeout"),
    "nginx": ("connect() failed (113: Host is unreachable) while connecting", "no-route"),
    "mysql": ("Can't connect to MySQL server on 'db:3306' (111)", "refused"),
    "Python": ("[Errno 101] Network is unreachable", "no-network"),
    "Python on macOS": ("[Errno 61] Connection refused", "refused"),
    "Rust": ("tcp connect error: x (os error 104)", "reset"),
    "redis-py": ("Error 110 connecting to db:6379. x", "timeout"),
    "names of errors": ("AggregateError: connect ETIMEDOUT 10.0.0.5:80", "timeout"),
    "two errors": ("connect ECONNREFUSED ::1:80, connect ETIMEDOUT 10.0.0.5:80", None),
    "EINPROGRESS tells nothing": ("Can't connect to MySQL server on 'db' (115)", None),
    "no number": ("Connection refused", None),
    "another number": ("GET /x (200)", None),
}


@pytest.mark.parametrize(("text", "outcome"), CASES.values(), ids=CASES)
def test_outcome(text: str, outcome: Outcome | None) -> None:
    assert outcome_of(text) == outcome
