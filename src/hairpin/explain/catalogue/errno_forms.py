"""The forms in which clients and run-time libraries tell an errno.

Most libraries print the number or the name of the error, which need no translation, or its English text, because they
never set a locale.  Command-line clients print its text in the user's language.

Source: Python Modules/socketmodule.c, asyncio base_events.py; redis-py connection.py; libpq fe-connect.c; MySQL
sql-common/client.c; PHP main/streams, mysqlnd; .NET System.Net.Sockets; Go net/dial.go; Rust std io/error; Ruby
net/http.rb, ext/socket; nginx ngx_event_connect.c; MongoDB network errors; librdkafka rdkafka_broker.c; Erlang inet.erl
"""

from hairpin.pasted.forms.outcomes.errno import Errno

HOST_DAEMONS = (
    "systemd[", "systemd-", "ntpd[", "chronyd[", "dhclient[", "dhcpcd[", "NetworkManager[", "avahi-daemon[", "sshd[",
    "cloud-init[", "kernel: ",
)  # fmt: skip
"""Programs of a healthy host that log an error's words alone, for example before the network is up."""


def in_clients(errno: Errno) -> tuple[str, ...]:
    """Return the patterns of command-line clients and reverse proxies that tell this error of a connection, in all
    languages."""
    return _in_clients(f"{{{errno.error}}}", errno.number)


def in_english_clients(errno: Errno) -> tuple[str, ...]:
    """Return the patterns of ``in_clients`` in English alone."""
    return tuple(dict.fromkeys(form for words in errno.words for form in _in_clients(words, errno.number)))


def _in_clients(error: str, number: str) -> tuple[str, ...]:
    return (
        f"curl: (7) *{error}", f"Failed to connect to {{host}} port {{port}}* {error}",
        f"connect to host {{host}} port {{port}}: {error}", f"connect to {{host}} port {{port}}: {error}",
        f"connect to {{host}} port {{port}} (*) failed: {error}",
        f"connect to {{address}} port {{port}} failed: {error}", f"connect to {{host}}:{{port}} failed: {error}",
        f"Unable to connect to remote host: {error}", f"telnet: connect to address {{address}}: {error}",
        f"Immediate connect fail for {{address}}: {error}", f"connect: {error}", f"Ncat: {error}",
        f"Connecting to {{host}}|{{address}}|:{{port}}... failed: {error}",
        f"Connecting to {{address}}:{{port}}... failed: {error}",
        f"wget: can't connect to remote host ({{address}}): {error}",
        f"Could not connect to Redis at {{host}}:{{port}}: {error}",
        f'connection to server at "{{host}}"*, port {{port}} failed: {error}',
        f"could not connect to server: {error}", f"({number}){error}: AH00957",
        f"connect() failed ({number}: * while connecting to upstream",
        f"connect() to {{address}}:{{port}} failed ({number}:",
        f"Can't connect to MySQL server on '{{host}}' ({number}",
        f"Can't connect to MySQL server on '{{host}}:{{port}}' ({number}",
        f"Can't connect to MariaDB server on '{{host}}' ({number}",
        f"Can't connect to server on '{{host}}' ({number}",
    )  # fmt: skip


def in_libraries(errno: Errno) -> tuple[str, ...]:
    """Return the patterns of run-time libraries and their programs that tell this error of a connection."""
    return (*as_code(errno), *at_connect(errno))


def as_code(errno: Errno) -> tuple[str, ...]:
    """Return the patterns of the error's number or name alone, which any call may have returned."""
    name, number = errno.name, errno.number
    return (
        name, f"Errno::{name}", f"[Errno {number}]", f"(os error {number})",
        f"Os * code: {number}, kind: {errno.kind}", f"SocketException ({number}):",
    )  # fmt: skip


def at_connect(errno: Errno) -> tuple[str, ...]:
    """Return the patterns of libraries that say that the error is of a connection."""
    name, number = errno.name, errno.number
    return (
        f"connect {name} {{address}}:{{port}}", f"connect {name} {{host}}:{{port}}",
        f"[Errno {number}] Connect call failed ('{{address}}', {{port}}", f"{{host}}:{{port}}: [Errno {number}]",
        f"Error {number} connecting to {{host}}:{{port}}",
        f"Can't connect to MySQL server on '{{host}}' ([Errno {number}",
        *(form for words in errno.words for form in _in_words(words)),
    )  # fmt: skip


def _in_words(words: str) -> tuple[str, ...]:
    """Return the patterns of libraries that print the error's English text."""
    return (
        f"dial tcp {{address}}:{{port}}: connect: {words}", f"dial tcp {{host}}:{{port}}: connect: {words}",
        f"java.net.ConnectException: {words}", f"{words}: {{host}}/{{address}}:{{port}}",
        f"AnnotatedConnectException: * {words}: *{{address}}:{{port}}",
        f"Connect to {{host}}:{{port}} * failed: {words}", f"{words} ({{host}}:{{port}})",
        f"SQLSTATE[HY000] [2002] {words}", f"to connect to {{host}}:{{port}} ({words}",
        f"to connect to *://{{host}}:{{port}} ({words}", f"{words} [tcp://{{host}}:{{port}}]",
        f"Failed to open TCP connection to {{host}}:{{port}} ({words}", f"{words} - connect(2) for {{host}}:{{port}}",
        f"{words} - connect(2) for '{{host}}' port {{port}}", f"Connect to *#{{address}}:{{port}} failed: {words}",
        f"Error connecting to {{host}}:{{port}} * :: caused by :: {words}", f":: caused by :: {words}",
        f"tcp connect ({{host}}:{{port}}): {words}", f"tcp connect error: {words}",
    )  # fmt: skip
