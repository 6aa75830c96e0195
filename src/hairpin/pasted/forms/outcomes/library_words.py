"""The words of client libraries, proxies and browsers about a failed connection, with its address.

The words may stand anywhere in a line, because programs log them.  If the words have neither an address nor a name, the
line is not used.

Source: Go net/dial.go OpError; Node.js lib/internal/errors.js; urllib3 exceptions; libpq fe-connect.c; pgjdbc; MySQL
client errors 2002 and 2003; PHP main/network.c; nginx ngx_http_upstream.c; Chromium net/base/net_error_list.h
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from hairpin.pasted.form import NO_COMMAND, Found, OutputForm, Paste
from hairpin.pasted.forms.outcomes.outcome import (
    ADDRESS,
    NAME,
    Protocol,
    Result,
    Seen,
    at_host,
    output_with,
    result_in,
    target_of,
)

_Read = Callable[[re.Match[str]], Seen | None]
_HOST = rf"(?P<host>{ADDRESS}|\[[0-9a-fA-F:%\w]+\]|{NAME})"
_PORT = r"(?P<port>\d{1,5})"
_ERRNO: dict[str, Result] = {"111": "refused", "61": "refused", "110": "timeout", "60": "timeout", "113": "unreachable",
                             "101": "unreachable", "104": "reset", "10061": "refused", "10060": "timeout",
                             "10065": "unreachable", "-2": "no-name", "-3": "no-name", "-5": "no-name",
                             "11001": "no-name", "11002": "no-name"}  # fmt: skip
_NODE: dict[str, Result] = {"ECONNREFUSED": "refused", "ETIMEDOUT": "timeout", "EHOSTUNREACH": "unreachable",
                            "ENETUNREACH": "unreachable", "ECONNRESET": "reset", "EACCES": "prohibited",
                            "EPERM": "prohibited", "ENOTFOUND": "no-name", "EAI_AGAIN": "no-name"}  # fmt: skip


def _by_words(tool: str) -> _Read:
    """Return a reader of lines whose words name the result."""

    def read(match: re.Match[str]) -> Seen | None:
        groups = match.groupdict()
        errno = groups.get("errno")
        result = (_ERRNO.get(errno) if errno else None) or result_in(match["said"] or "")
        protocol: Protocol = "udp" if groups.get("protocol") == "udp" else "tcp"
        port = groups.get("port")
        return Seen(tool, match["host"].strip("[]"), int(port) if port else None, result, protocol) if result else None

    return read


def _always(tool: str, result: Result) -> _Read:
    """Return a reader of lines whose words name one result."""

    def read(match: re.Match[str]) -> Seen | None:
        port = match.groupdict().get("port")
        return Seen(tool, match["host"].strip("[]"), int(port) if port else None, result)

    return read


def _node(match: re.Match[str]) -> Seen | None:
    port = match["port"]
    return Seen("node", match["host"].strip("[]"), int(port) if port else None, _NODE[match["code"]])


def _mysql(match: re.Match[str]) -> Seen | None:
    result = _ERRNO.get(match["errno"])
    return Seen("mysql", match["host"], int(match["port"] or 3306), result) if result else None


def _url(tool: str, result: Result | None = None) -> _Read:
    """Return a reader of lines that name a URL."""

    def read(match: re.Match[str]) -> Seen | None:
        target = target_of(match["url"], port=80)
        said = result or result_in(match["said"])
        return Seen(tool, target.host, target.port, said, target=target.text) if target and said else None

    return read


class _Words(NamedTuple):
    pattern: re.Pattern[str]
    read: _Read


def _words(pattern: str, read: _Read) -> _Words:
    return _Words(re.compile(pattern), read)


_ALL: tuple[_Words, ...] = (
    _words(rf"dial (?P<protocol>tcp|udp)[46]? {_HOST}:{_PORT}: (?P<said>(?:connect: |i/o )[\w /]+)", _by_words("go")),
    _words(rf"dial (?:tcp|udp)[46]?:? lookup (?P<host>{NAME})(?: on [^\s:]+(?::\d+)?)?: ", _always("go", "no-name")),
    _words(
        r"(?:Get|Post|Head|Put) \\?\"?(?P<url>https?://[^\s\"\\]+)\\?\"?: (?P<said>context deadline exceeded"
        r"|net/http: request canceled|EOF)",
           _url("go", "timeout")),
    _words(rf"connect (?P<code>ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EACCES|EPERM) {_HOST}:{_PORT}", _node),
    _words(rf"getaddrinfo (?P<code>ENOTFOUND|EAI_AGAIN) (?P<host>{NAME})(?::(?P<port>\d+))?", _node),
    _words(r"HTTPS?ConnectionPool\(host='(?P<host>[^']+)', port='?(?P<port>\d+)'?\): (?P<said>.*)",
           _by_words("python")),
    _words(r"onnection to server at \"(?P<host>[^\"]+)\"(?: \([^)]*\))?, port (?P<port>\d+) failed: (?P<said>.*)",
           _by_words("libpq")),
    _words(r"ould not translate host name \"(?P<host>[^\"]+)\" to address", _always("libpq", "no-name")),
    _words(rf"Error (?P<errno>-?\d+) connecting to {_HOST}:{_PORT}(?:\. (?P<said>.*)|\.?$)", _by_words("python")),
    _words(rf"(?<![\w:/.-]){_HOST}:{_PORT}: \[Errno (?P<errno>-?\d+)\] (?P<said>[^,(]*)", _by_words("python")),
    _words(r"Can't connect to (?:MySQL|MariaDB) server on '(?P<host>[^':]+)(?::(?P<port>\d+))?' \((?P<errno>\d+)",
           _mysql),
    _words(r"Unknown (?:MySQL|MariaDB) server host '(?P<host>[^']+)'", _always("mysql", "no-name")),
    _words(rf"Connect to {_HOST}:{_PORT} \[[^\]]*\] failed: (?P<said>.*)", _by_words("java")),
    _words(rf"Connection (?:to )?{_HOST}:{_PORT} refused", _always("java", "refused")),
    _words(rf"UnknownHostException: (?P<host>{NAME})", _always("java", "no-name")),
    _words(rf"unable to connect to (?:tcp|tls|ssl)://{_HOST}:{_PORT} \((?P<said>[^)]*)\)", _by_words("php")),
    _words(r"\"code\": ?\"(?P<code>ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\".*"
           r"\"address\": ?\"(?P<host>[^\"]+)\", ?\"port\": ?(?P<port>\d+)", _node),
    _words(rf"getaddrinfo for (?P<host>{NAME}) failed", _always("php", "no-name")),
    _words(
        rf"connect\(\) failed \((?P<errno>\d+): "
        rf"(?P<said>[^)]*)\) while connecting to upstream.*upstream: \"\w+://{_HOST}:{_PORT}", _by_words("nginx")),
    _words(
        rf"upstream timed out \((?P<errno>\d+): "
        rf"(?P<said>[^)]*)\) while connecting to upstream.*upstream: \"\w+://{_HOST}:{_PORT}", _by_words("nginx")),
    _words(rf"(?P<host>{NAME}) could not be resolved \(\d+: Host not found", _always("nginx", "no-name")),
    _words(rf"host not found in upstream \"(?P<host>{NAME})(?::(?P<port>\d+))?\"", _always("nginx", "no-name")),
    _words(r"(?:GET|POST|PUT|DELETE|HEAD|OPTIONS) (?P<url>https?://\S+) (?:net::)?(?P<said>ERR_\w+)",
           lambda match: _browser(match["url"], match["said"])),
    _words(rf"[Cc]ould not resolve (?:host|hostname):? ['\"]?(?P<host>{NAME})", _always("client", "no-name")),
    _words(r"Temporary failure resolving '(?P<host>[^']+)'", _always("apt", "no-name")),
    _words(rf"[Ff]ailed host lookup: '(?P<host>{NAME})'", _always("dart", "no-name")),
    _words(rf"tcp connect \({_HOST}:{_PORT}\): non-existing domain", _always("erlang", "no-name")),
    _words(rf"(?:Failed to resolve '|Couldn't resolve server ){_HOST}:{_PORT}", _always("kafka", "no-name")),
    _words(rf"Could not find address for {_HOST}:{_PORT}", _always("mongo", "no-name")),
    _words(rf"Could not connect to {_HOST}:{_PORT} \([^)]*\)(?:, |\. - connect \()(?P<said>[\w ]+)", _by_words("apt")),
)  # fmt: skip
_ANY = re.compile(
    r".*?(?:dial (?:tcp|udp)|connect E[A-Z]+ |getaddrinfo |HTTPS?ConnectionPool\(|onnection to server at"
    r"|ould not translate host"
    r"|Error -?\d+ connecting|\S:\d+: \[Errno |Can't connect to M|Unknown M\w+ server host|Connect to \S+:\d"
    r"|Connection (?:to )?\S+:\d+ refused"
    r"|UnknownHostException: |unable to connect to t|connect\(\) failed \(|upstream timed out"
    r"|host not found in upstream|could not be resolved \(\d"
    r"|[A-Z]{3,7} https?://\S+ (?:net::)?ERR_|ould not resolve host|Temporary failure resolving"
    r"|Could not connect to \S+:\d|ailed host lookup: |: non-existing domain|Failed to resolve '|t resolve server "
    r"|not find address for "
    r"|(?:Get|Post|Head|Put) \\?\"?https?://|\"code\": ?\"E[A-Z]+\")"
)
_LITERALS = (
    "dial tcp", "dial udp", "connect E", "getaddrinfo ", "ConnectionPool(", "onnection to server at",
    "ould not translate host", " connecting to ", "[Errno ", "Can't connect to M", "server host", "Connect to ",
    " refused", "UnknownHostException", "unable to connect to t", "connect() failed", "upstream timed out",
    "in upstream", "not be resolved", "ailed host lookup", "non-existing domain", "Failed to resolve",
    "t resolve server", "not find address for", "ERR_", "ould not resolve host", "failure resolving",
    "Could not connect to ", "Get ", '"code"', "Post ", "Head ", "Put ",
)  # fmt: skip
_DAEMON = re.compile(r"(?:docker: |Error: )?(?:Error response from daemon|error pulling image|Unable to find image)")


def seen_in(line: str) -> Seen | None:
    """Return the outcome that a program's line reports for a failed connection; None if it reports none."""
    if _ANY.match(line) is None:
        return None
    for words in _ALL:
        match = words.pattern.search(line)
        if match is not None and (seen := words.read(match)) is not None:
            return seen
    return None


def _library(paste: Paste, start: int) -> Found | None:
    """Return the outcome that the line reports.  In an error of the engine itself, the client is on the host."""
    line = paste.lines[start]
    seen = seen_in(line)
    if seen is None:
        return None
    if _DAEMON.search(line) is not None:
        return at_host(start, seen, told="dockerd")
    command = paste.command_above(start)
    named = _OF_COMPOSE.match(line)
    if named is not None:
        command = command._replace(netns=f"container:{named['name']}")
    return output_with(paste, start, start + 1, [seen], told=seen.tool, command=command)


_OF_COMPOSE = re.compile(r"\s*(?P<name>[a-z][\w.-]*?)(?:[-_]\d+)?\s+\| ")
"""The beginning of a line of compose's log: the service and the number of its container."""
_OLD_LIBPQ = re.compile(r".*could not connect to server: (?P<said>\w[\w ]*)$")
_SERVER = re.compile(
    r"Is the server running on host \"(?P<host>[^\"]+)\"(?: \([^)]*\))? and accepting\s+"
    r"TCP/IP connections on port (?P<port>\d+)"
)


def _old_libpq(paste: Paste, start: int) -> Found | None:
    """Return what libpq before 14 says in three lines."""
    head = _OLD_LIBPQ.match(paste.lines[start])
    server = _SERVER.search("\n".join(paste.lines[start + 1 : start + 3]))
    result = result_in(head["said"]) if head is not None else None
    if server is None or result is None:
        return None
    seen = [Seen("libpq", server["host"], int(server["port"]), result)]
    return output_with(paste, start, start + 3, seen, told="libpq", command=paste.command_above(start))


_BROWSER: dict[str, Result] = {
    "ERR_CONNECTION_REFUSED": "refused", "ERR_CONNECTION_TIMED_OUT": "timeout", "ERR_EMPTY_RESPONSE": "empty",
    "ERR_CONNECTION_RESET": "reset", "ERR_CONNECTION_CLOSED": "empty", "ERR_ADDRESS_UNREACHABLE": "unreachable",
    "ERR_NAME_NOT_RESOLVED": "no-name", "DNS_PROBE_FINISHED_NXDOMAIN": "no-name", "ERR_TIMED_OUT": "timeout",
    "ERR_INTERNET_DISCONNECTED": "unreachable", "ERR_NETWORK_ACCESS_DENIED": "prohibited",
}  # fmt: skip
_CODE = re.compile(rf"\s*(?:\w+(?: \w+)?[:\uff1a] ?)?(?:net::)?(?P<code>{'|'.join(_BROWSER)})\s*\.?\s*$")
_SENTENCE = re.compile(
    rf"\s*(?:The webpage at )?(?P<host>{ADDRESS}|{NAME})(?::(?P<port>\d+))?(?:/\S*)? (?:refused to connect"
    rf"|took too long to respond"
    rf"|didn['\u2019]t send any data|unexpectedly closed the connection|is unreachable)\.?\s*$"
)
_FIREFOX = re.compile(
    rf"\s*(?:Firefox can['\u2019]t establish a connection to the server at"
    rf"|The server at) (?P<host>{ADDRESS}|{NAME})(?::(?P<port>\d+))?"
    rf"(?P<said>\.| is taking too long to respond\.)\s*$"
)
_WINDOW = 6
"""The number of lines around a browser's code in which the page's address may stand."""


def _browser(url: str, code: str) -> Seen | None:
    target = target_of(url, port=80)
    result = _BROWSER.get(code)
    return Seen("browser", target.host, target.port, result, target=target.text) if target and result else None


def _page(paste: Paste, start: int) -> Found | None:
    """Return what a browser's error page tells: its code, and the address in the sentence above or below it, or a URL
    that stands alone in a line."""
    code = _CODE.match(paste.lines[start])
    assert code is not None
    result = _BROWSER[code["code"]]
    near = paste.lines[max(0, start - _WINDOW) : start + 3]
    seen: list[Seen] = []
    for line in reversed(near):
        url = re.fullmatch(r"\s*(https?://\S+)\s*", line)
        sentence = _SENTENCE.match(line)
        if url is not None and (made := _browser(url[1], code["code"])) is not None:
            seen = [made]
            break
        if sentence is not None and not seen:
            seen = [Seen("browser", sentence["host"], int(sentence["port"]) if sentence["port"] else None, result)]
    return output_with(paste, start, start + 1, seen, told="a browser", command=NO_COMMAND)


def _firefox(paste: Paste, start: int) -> Found | None:
    match = _FIREFOX.match(paste.lines[start])
    assert match is not None
    result: Result = "refused" if match["said"] == "." else "timeout"
    seen = [Seen("browser", match["host"], int(match["port"]) if match["port"] else None, result)]
    return output_with(paste, start, start + 1, seen, told="a browser", command=NO_COMMAND)


FORMS = (
    OutputForm(_OLD_LIBPQ, _old_libpq, ("could not connect to server",)),
    OutputForm(_CODE, _page, ("ERR_", "DNS_PROBE")),
    OutputForm(_FIREFOX, _firefox, ("establish a connection", "taking too long")),
    OutputForm(_ANY, _library, _LITERALS),
)
