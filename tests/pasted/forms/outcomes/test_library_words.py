"""What libraries, proxies and browsers say of a connection becomes an outcome."""

from typing import Any

from tests.pasted.readings import outcomes_in
from tests.rows import each_row

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
    "redis: no address": (
        (
            "Cannot connect to redis://localhost:6379/1: Error 99 connecting to localhost:6379. Cannot assign "
            "requested address.."
        ),
        [("localhost", 6379, "not-here", "")],
    ),
    "Go: no address": (
        "dial tcp [::1]:5432: connect: cannot assign requested address",
        [("::1", 5432, "not-here", "")],
    ),
    "libpq: no address": (
        'connection to server at "localhost" (::1), port 5432 failed: Cannot assign requested address',
        [("localhost", 5432, "not-here", "")],
    ),
    "libpq before 14 in one line": (
        (
            "could not connect to server: Cannot assign requested address "
            'Is the server running on host "localhost" (::1) and '
            "accepting TCP/IP connections on port 5432"
        ),
        [("localhost", 5432, "not-here", "")],
    ),
    "Node: IPv6": ("Error: connect ECONNREFUSED ::1:5432", [("::1", 5432, "refused", "")]),
    "nginx: the address is in front": (
        (
            "[crit] 7#7: *1 connect() to [::1]:8080 failed (99: Cannot assign requested address) while connecting to "
            "upstream, client: 172.18.0.1"
        ),
        [("::1", 8080, "not-here", "")],
    ),
    "asyncio": (
        "TimeoutError: [Errno 110] Connect call failed ('172.17.0.1', 11434)",
        [("172.17.0.1", 11434, "timeout", "")],
    ),
    "celery": (
        "consumer: Cannot connect to amqp://guest:**@rabbit:5672//: [Errno 111] Connection refused.",
        [("rabbit", 5672, "refused", "")],
    ),
    "Cassandra": (
        (
            "Connection error: ('Unable to connect to any servers', {'127.0.0.1': error(111, \"Tried connecting to "
            "[('127.0.0.1', 9042)]. Last error: Connection refused\")})"
        ),
        [("127.0.0.1", 9042, "refused", "")],
    ),
    "pymysql": (
        "OperationalError: (2003, \"Can't connect to MySQL server on 'db' ([Errno 113] No route to host)\")",
        [("db", 3306, "unreachable", "")],
    ),
    "Ruby": (
        'Failed to open TCP connection to es:9200 (Connection refused - connect(2) for "es" port 9200)',
        [("es", 9200, "refused", "")],
    ),
    "Ruby: a socket": (
        "Errno::EADDRNOTAVAIL: Cannot assign requested address - connect(2) for [::1]:6379",
        [("::1", 6379, "not-here", "")],
    ),
    "Ruby's redis": (
        "Error connecting to Redis on localhost:6379 (Errno::ECONNREFUSED)",
        [("localhost", 6379, "refused", "")],
    ),
    "PHP": (
        "stream_socket_client(): unable to connect to tcp://localhost:6379 (Cannot assign requested address) in x.php",
        [("localhost", 6379, "not-here", "")],
    ),
    "Guzzle": (
        (
            "cURL error 28: Connection timed out after 3001 milliseconds (see https://example.org/libcurl/"
            "libcurl-errors.html) for http://harp:8780/exapps"
        ),
        [("harp", 8780, "timeout", "")],
    ),
    ".NET": (
        "SocketExceptionFactory+ExtendedSocketException (111): Connection refused 172.18.0.4:5432",
        [("172.18.0.4", 5432, "refused", "")],
    ),
    ".NET: HTTP": (
        "HttpRequestException: Cannot assign requested address (localhost:5001)",
        [("localhost", 5001, "not-here", "")],
    ),
    "Rust": (
        (
            'connect error for 127.0.0.1:8081: ConnectError("tcp connect error", Os { code: 111, '
            'kind: ConnectionRefused, message: "Connection refused" })'
        ),
        [("127.0.0.1", 8081, "refused", "")],
    ),
    "MongoDB's Java driver": (
        (
            "servers=[{address=192.168.1.6:27017, type=UNKNOWN, state=CONNECTING, exception={com.mongodb."
            "MongoSocketOpenException: Exception opening socket}, caused by {java.net.SocketTimeoutException: Connect "
            "timed out}}]"
        ),
        [("192.168.1.6", 27017, "timeout", "")],
    ),
    "MongoDB's shell": (
        "SocketException: Error connecting to 127.0.0.1:27017 :: caused by :: Connection refused",
        [("127.0.0.1", 27017, "refused", "")],
    ),
    "librdkafka": (
        "[thrd:b:9092/bootstrap]: b:9092/bootstrap: Connect to ipv4#172.18.0.4:9092 failed: No route to host",
        [("172.18.0.4", 9092, "unreachable", "")],
    ),
    "gRPC": (
        "last error: UNKNOWN: ipv4:127.0.0.1:50051: Failed to connect to remote host: Connection refused",
        [("127.0.0.1", 50051, "refused", "")],
    ),
    "webpack": (
        "[HPM] Error occurred while proxying request localhost:3000/api to http://api:8000/ [ECONNREFUSED] (x)",
        [("api", 8000, "refused", "")],
    ),
    "Apache": (
        "(113)No route to host: AH00957: HTTP: attempt to connect to 10.8.0.5:80 (10.8.0.5) failed",
        [("10.8.0.5", 80, "unreachable", "")],
    ),
    "Postgrex": (
        "(DBConnection.ConnectionError) tcp connect (db:5432): connection refused - :econnrefused",
        [("db", 5432, "refused", "")],
    ),
    "a websocket": (
        (
            "WebSocket connection to 'ws://127.0.0.1:3000/' failed: Error in connection establishment: "
            "net::ERR_CONNECTION_REFUSED"
        ),
        [("127.0.0.1", 3000, "refused", "")],
    ),
    "a client that connects": ("redis://localhost:6379: Connected to Redis at localhost:6379 (ready)", []),
    "a proxy that works": ("proxying request /api from localhost:3000 to http://api:8000/ [200]", []),
    "an error without its reason": ("RedisConnectionException: Unable to connect to localhost:6379", []),
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


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected
