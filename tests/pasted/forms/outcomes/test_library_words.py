"""What libraries, proxies and browsers say of a connection becomes an outcome."""

from typing import Any

import pytest

from tests.pasted.readings import outcomes_in

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "libpq before 14": (
        (
            'psql: could not connect to server: Connection refused\n\tIs the server running on host "db" '
            "(127.0.0.1) and "
            "accepting\n"
            "\tTCP/IP connections on port 5432?"
        ),
        [("db", 5432, "refused", "")],
    ),
    "Node's error as JSON": (
        '{"errno":"ECONNREFUSED","code":"ECONNREFUSED","syscall":"connect","address":"127.0.0.1","port":5432}',
        [("127.0.0.1", 5432, "refused", "")],
    ),
    "Go": ("dial tcp 172.18.0.2:5432: connect: connection refused", [("172.18.0.2", 5432, "refused", "")]),
    "Go: time-out": ("dial tcp 172.18.0.2:5432: i/o timeout", [("172.18.0.2", 5432, "timeout", "")]),
    "Node": ("Error: connect EHOSTUNREACH 10.8.0.5:80", [("10.8.0.5", 80, "unreachable", "")]),
    "Node: no name": ("Error: getaddrinfo ENOTFOUND db", [("db", None, "no-name", "")]),
    "Python": (
        (
            "HTTPConnectionPool(host='10.8.0.5', port=81): Max retries exceeded with url: / (Caused by "
            "NewConnectionError('x: "
            "Failed to establish a new connection: [Errno 113] No route to host'))"
        ),
        [("10.8.0.5", 81, "unreachable", "")],
    ),
    "redis": ("Error -2 connecting to store:6379", [("store", 6379, "no-name", "")]),
    "redis: Windows": ("Error 11001 connecting to store:6379. getaddrinfo failed.", [("store", 6379, "no-name", "")]),
    "pymongo": (
        "ServerSelectionTimeoutError: store:27017: [Errno -2] Name or service not known, Timeout: 30s",
        [("store", 27017, "no-name", "")],
    ),
    "pymongo: refused": (
        "pymongo.errors: 172.18.0.3:27017: [Errno 111] Connection refused",
        [("172.18.0.3", 27017, "refused", "")],
    ),
    "Dart": ("SocketException: Failed host lookup: 'store' (OS Error: x)", [("store", None, "no-name", "")]),
    "Erlang": ("tcp connect (store:5432): non-existing domain - :nxdomain", [("store", 5432, "no-name", "")]),
    "Kafka": ("Couldn't resolve server store:9092 from bootstrap.servers", [("store", 9092, "no-name", "")]),
    "MongoDB": ("HostNotFound: Could not find address for store:27017: x", [("store", 27017, "no-name", "")]),
    "libpq": (
        'psql: error: connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused',
        [("db", 5432, "refused", "")],
    ),
    "MySQL": (
        "ERROR 2003 (HY000): Can't connect to MySQL server on '10.8.0.5' (113)",
        [("10.8.0.5", 3306, "unreachable", "")],
    ),
    "Java": (
        "Connect to localhost:9200 [localhost/127.0.0.1] failed: Connection refused",
        [("localhost", 9200, "refused", "")],
    ),
    "nginx": (
        (
            "2020/01/01 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, "
            "client: 1.2.3.4,"
            ' server: , request: "GET / HTTP/1.1", upstream: "http://172.18.0.2:80/"'
        ),
        [("172.18.0.2", 80, "refused", "")],
    ),
    "the engine's own client": (
        (
            "Error response from daemon: Get https://registry.example.org/v2/: dial tcp: lookup "
            "registry.example.org on "
            "127.0.0.53:53: server misbehaving"
        ),
        [("registry.example.org", None, "no-name", "host")],
    ),
    "Chrome": (
        (
            "This site can\u2019t be reached\n192.168.1.5 refused to connect.\nTry:\nChecking the "
            "connection\nERR_CONNECTION_REFUSED"
        ),
        [("192.168.1.5", None, "refused", "")],
    ),
    "Chrome's console": (
        "GET http://192.168.1.5:8080/ net::ERR_CONNECTION_TIMED_OUT",
        [("192.168.1.5", 8080, "timeout", "")],
    ),
    "Firefox": (
        "Firefox can\u2019t establish a connection to the server at 10.8.0.5:8080.",
        [("10.8.0.5", 8080, "refused", "")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected
