"""The words of client libraries, proxies and browsers about a failed connection, with its address.

The words may stand anywhere in a line, because programs log them.  If the words have neither an address nor a name, the
line is not used.

Source: Go net/dial.go OpError; Node.js lib/internal/errors.js; urllib3 exceptions; libpq fe-connect.c; pgjdbc; MySQL
client errors 2002 and 2003; PHP main/network.c; Ruby net/http.rb; librdkafka; MongoDB; Erlang inet; .NET;
nginx ngx_http_upstream.c; Chromium net/base/net_error_list.h
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from hairpin.evidence.told import Result
from hairpin.pasted.form import NO_COMMAND, Found, OutputForm, Paste
from hairpin.pasted.forms.outcomes.outcome import (
    ADDRESS,
    NAME,
    Protocol,
    Seen,
    at_host,
    output_with,
    result_in,
    target_of,
)
from hairpin.sought import Sought
from hairpin.words.errors import errnos

_Read = Callable[[re.Match[str]], Seen | None]
_HOST = rf"(?P<host>{ADDRESS}|\[[0-9a-fA-F:%\w]+\]|{NAME})"
_PORT = r"(?P<port>\d{1,5})"
_BY_ERROR: dict[str, Result] = {
    "refused": "refused", "timeout": "timeout", "no_route": "unreachable", "unreachable": "unreachable",
    "reset": "reset", "not_here": "not-here",
}  # fmt: skip
_NUMBERS: dict[str, Result] = {
    "-2": "no-name", "-3": "no-name", "-5": "no-name", "11001": "no-name", "11002": "no-name",
    **{number: _BY_ERROR[each.error] for each in errnos() for number in each.numbers},
}  # fmt: skip
"""The results by the numbers of errors: those of ``getaddrinfo``, and those of a connection."""
_CODES: dict[str, Result] = {
    "EACCES": "prohibited", "EPERM": "prohibited", "ENOTFOUND": "no-name", "EAI_AGAIN": "no-name",
    **{each.name: _BY_ERROR[each.error] for each in errnos()},
}  # fmt: skip
_CODE = rf"(?P<code>{'|'.join(_CODES)})"
_NUMBER = Sought(r"\[Errno (-?\d+)\]|\(os error (\d+)\)|\bOs \{ code: (\d+)")
_NAMED = Sought("|".join(_CODES))


def _result(words: str) -> Result | None:
    """Return the result that the number, the name or the words of an error tell."""
    number = _NUMBER.search(words)
    if number is not None:
        return _NUMBERS.get(number[number.lastindex or 0])
    named = _NAMED.search(words)
    return _CODES[named[0]] if named is not None else result_in(words)


def _by(tool: str, result: Result | None = None, *, port: int | None = None) -> _Read:
    """Return a reader of lines that name a host.  ``result``: the result of all these lines; if it is None, a number, a
    name or words of the line tell it.  ``port``: the port if the line names none."""

    def read(match: re.Match[str]) -> Seen | None:
        groups = match.groupdict()
        told = result or _NUMBERS.get(groups.get("errno") or "") or _CODES.get(groups.get("code") or "")
        told = told or _result(groups.get("said") or "")
        protocol: Protocol = "udp" if groups.get("protocol") == "udp" else "tcp"
        host, named = match["host"] or groups["host6"], groups.get("port") or groups.get("port6")
        return Seen(tool, host.strip("[]"), int(named) if named else port, told, protocol) if told else None

    return read


def _url(tool: str, result: Result | None = None) -> _Read:
    """Return a reader of lines that name a URL."""

    def read(match: re.Match[str]) -> Seen | None:
        target = target_of(match["url"], port=80)
        said = result or _result(match["said"])
        return Seen(tool, target.host, target.port, said, target=target.text) if target and said else None

    return read


class _Words(NamedTuple):
    """A form of a line.  ``words``: each line of this form has at least one of these words."""

    pattern: Sought
    read: _Read
    words: tuple[str, ...]


def _words(words: str | tuple[str, ...], pattern: str, read: _Read) -> _Words:
    return _Words(Sought(pattern), read, (words,) if isinstance(words, str) else words)


_PLACE = rf"{_HOST}:{_PORT}"
_IS_RUNNING = (
    r"Is the server running on host \"(?P<host>[^\"]+)\"(?: \([^)]*\))? and accepting\s+"
    rf"TCP/IP connections on port {_PORT}"
)
"""Matches what libpq before 14 asks, in one line or in two."""
_SAID = r"(?P<said>.*)"
_IN_BRACKETS = r"\((?P<said>[^)]*)"
_UPSTREAM = rf"\((?P<errno>\d+): (?P<said>[^)]*)\) while connecting to upstream.*upstream: \"\w+://{_PLACE}"
_ALL: tuple[_Words, ...] = (
    _words(("dial tcp", "dial udp"), rf"dial (?P<protocol>tcp|udp)[46]? {_PLACE}: (?P<said>(?:connect: |i/o )[\w /]+)",
           _by("go")),
    _words("lookup ", rf"dial (?:tcp|udp)[46]?:? lookup (?P<host>{NAME})(?: on [^\s:]+(?::\d+)?)?: ",
           _by("go", "no-name")),
    _words(
        ("Get ", "Post ", "Head ", "Put "),
        r"(?:Get|Post|Head|Put) \\?\"?(?P<url>https?://[^\s\"\\]+)\\?\"?: (?P<said>context deadline exceeded"
        r"|net/http: request canceled|EOF)", _url("go", "timeout")),
    _words("connect E",
           rf"connect {_CODE} (?:{_PLACE}(?![\w:])|(?P<host6>[0-9a-fA-F:]*::[0-9a-fA-F:]*):(?P<port6>\d+))",
           _by("node")),
    _words("ailed to connect to ",
           rf"^(?!.*curl: \().*?ailed to connect to {_HOST} port {_PORT}(?: after \d+ ms)?: {_SAID}",
           _by("client")),
    _words("AH00957", rf"\((?P<errno>\d+)\)(?P<said>[^:]+): AH00957: .{{1,300}}? connect to {_PLACE}", _by("apache")),
    _words("getaddrinfo ", rf"getaddrinfo {_CODE} (?P<host>{NAME})(?::(?P<port>\d+))?", _by("node")),
    _words('"code"', rf"\"code\": ?\"{_CODE}\".*\"address\": ?\"(?P<host>[^\"]+)\", ?\"port\": ?{_PORT}", _by("node")),
    _words((" proxying request ", "proxy request "),
           r"prox(?:y|ying) request .{1,300}? to (?P<url>https?://\S+) [\[(](?P<said>E[A-Z_]+)[\])]", _url("node")),
    _words("ConnectionPool(", rf"HTTPS?ConnectionPool\(host='(?P<host>[^']+)', port='?{_PORT}'?\): {_SAID}",
           _by("python")),
    _words(" connecting to ", rf"Error (?P<errno>-?\d+) connecting to {_PLACE}(?:\. {_SAID}|\.?$)", _by("python")),
    _words("[Errno ", rf"(?<![\w:/.-]){_PLACE}: \[Errno (?P<errno>-?\d+)\]", _by("python")),
    _words("Connect call failed", rf"\[Errno (?P<errno>\d+)\] Connect call failed \('(?P<host>[^']+)', {_PORT}",
           _by("python")),
    _words("Cannot connect to ", rf"Cannot connect to (?:host )?(?:\w+://(?:[^@\s]*@)?)?{_PLACE}{_SAID}",
           _by("python")),
    _words("Tried connecting to ", rf"Tried connecting to \[\('(?P<host>[^']+)', {_PORT}\)\]\. Last error: {_SAID}",
           _by("python")),
    _words(" error for ", rf" error for {_PLACE}: {_SAID}", _by("rust")),
    _words("Is the server running on host",
           rf"ould not connect to server: (?P<said>\w[\w ]*?)\s+{_IS_RUNNING}", _by("libpq")),
    _words("onnection to server at",
           rf"onnection to server at \"(?P<host>[^\"]+)\"(?: \([^)]*\))?, port {_PORT} failed: {_SAID}", _by("libpq")),
    _words("ould not translate host", r"ould not translate host name \"(?P<host>[^\"]+)\" to address",
           _by("libpq", "no-name")),
    _words("server on '",
           r"Can't connect to (?:MySQL |MariaDB )?server on '(?P<host>[^':]+)(?::(?P<port>\d+))?' "
           r"\((?:\[Errno )?(?P<errno>\d+)", _by("mysql", port=3306)),
    _words("server host", r"Unknown (?:MySQL|MariaDB) server host '(?P<host>[^']+)'", _by("mysql", "no-name")),
    _words("Connect to ", rf"Connect to {_PLACE} (?:\[[^\]]*\] )?failed: {_SAID}", _by("java")),
    _words(" refused", rf"Connection (?:to )?{_PLACE} refused", _by("java", "refused")),
    _words(("refused: ", "timed out: "),
           rf"(?P<said>Connection (?:refused|timed out)): (?:no further information: )?(?:{NAME})?/{_PLACE}",
           _by("java")),
    _words("UnknownHostException", rf"UnknownHostException: (?P<host>{NAME})", _by("java", "no-name")),
    _words("type=UNKNOWN", rf"address={_PLACE}, type=UNKNOWN.{{1,300}}?caused by \{{{{?(?P<said>[^}}]*)", _by("java")),
    _words("Unreachable: [", rf"Unreachable: \[(?P<url>https?://[^\]]+)\]\[[^\]]*\] {_SAID}", _url("java")),
    _words("nable to connect to ", rf"nable to connect to (?:\w+://)?{_PLACE} {_IN_BRACKETS}", _by("php")),
    _words("getaddrinfo for", rf"getaddrinfo for (?P<host>{NAME}) failed", _by("php", "no-name")),
    _words(" [tcp://", rf"(?P<said>[A-Z][\w ]+) \[tcp://{_PLACE}\]", _by("php")),
    _words("cURL error ", r"cURL error \d+: (?P<said>.+?) (?:\(see \S+\) )?for (?P<url>https?://\S+)", _url("php")),
    _words(" for URI ", r"(?P<said>Connection \w[\w ]*) for URI (?P<url>https?://\S+)", _url("php")),
    _words("TCP connection to ", rf"open TCP connection to {_PLACE} {_IN_BRACKETS}", _by("ruby")),
    _words("connect(2) for ", rf"(?P<said>[A-Z][\w ]+) - connect\(2\) for {_PLACE}", _by("ruby")),
    _words("connect(2) for ", rf"(?P<said>[A-Z][\w ]+) - connect\(2\) for \"(?P<host>[^\"]+)\" port {_PORT}",
           _by("ruby")),
    _words("connecting to Redis", rf"connecting to Redis (?:on|at) {_PLACE} {_IN_BRACKETS}", _by("redis")),
    _words("to Redis at", rf"ould not connect to Redis at {_PLACE}: {_SAID}", _by("redis")),
    _words("refused (", rf"(?P<said>Connection refused|actively refused it\.?) \({_PLACE}\)", _by("dotnet")),
    _words(("timed out (", "unreachable (", "address (", "to host ("),
           rf"(?P<said>Connection timed out|Network is unreachable|Cannot assign requested address|No route to host) "
           rf"\({_PLACE}\)", _by("dotnet")),
    _words("not known (", rf"Name or service not known \({_PLACE}\)", _by("dotnet", "no-name")),
    _words("SocketException", rf"SocketException(?: \([\d, ]+\))?: (?P<said>[A-Z][\w ]+) {_PLACE}", _by("dotnet")),
    _words("connect() failed", rf"connect\(\) failed {_UPSTREAM}", _by("nginx")),
    _words("upstream timed out", rf"upstream timed out {_UPSTREAM}", _by("nginx")),
    _words("connect() to ", rf"connect\(\) to {_PLACE} failed \((?P<errno>\d+): ", _by("nginx")),
    _words("not be resolved",
           rf"(?P<host>{NAME}) could not be resolved \(\d+: Host not found", _by("nginx", "no-name")),
    _words("in upstream", rf"host not found in upstream \"(?P<host>{NAME})(?::(?P<port>\d+))?\"",
           _by("nginx", "no-name")),
    _words("ERR_", r"(?:GET|POST|PUT|DELETE|HEAD|OPTIONS) (?P<url>https?://\S+) (?:net::)?(?P<said>ERR_\w+)",
           lambda match: _browser(match["url"], match["said"])),
    _words("WebSocket connection to ",
           r"WebSocket connection to '(?P<url>wss?://[^']+)' failed: .*(?:net::)(?P<said>ERR_\w+)",
           lambda match: _browser(match["url"], match["said"])),
    _words("ould not resolve host", rf"[Cc]ould not resolve (?:host|hostname):? ['\"]?(?P<host>{NAME})",
           _by("client", "no-name")),
    _words("to resolve host address",
           rf"to resolve host address ['\"\u2018](?P<host>{NAME})", _by("client", "no-name")),
    _words("bad address", rf"\bbad address '(?P<host>{NAME})'", _by("client", "no-name")),
    _words("failure resolving", r"Temporary failure resolving '(?P<host>[^']+)'", _by("apt", "no-name")),
    _words("Could not connect to ", rf"Could not connect to {_PLACE} \([^)]*\)(?:, |\. - connect \()(?P<said>[\w ]+)",
           _by("apt")),
    _words("ailed host lookup", rf"[Ff]ailed host lookup: '(?P<host>{NAME})'", _by("dart", "no-name")),
    _words("tcp connect (", rf"tcp connect \({_PLACE}\): non-existing domain", _by("erlang", "no-name")),
    _words("tcp connect (", rf"tcp connect \({_PLACE}\): {_SAID}", _by("erlang")),
    _words(("Failed to resolve '", "t resolve server "), rf"(?:Failed to resolve '|Couldn't resolve server ){_PLACE}",
           _by("kafka", "no-name")),
    _words(("ipv4#", "ipv6#"), rf"Connect to ipv[46]#{_PLACE} failed: {_SAID}", _by("kafka")),
    _words("not find address for", rf"Could not find address for {_PLACE}", _by("mongo", "no-name")),
    _words("caused by ::", rf"Error connecting to {_PLACE}(?: \([^)]*\))? :: caused by :: {_SAID}", _by("mongo")),
    _words("to remote host: ", rf"ipv[46]:{_PLACE}: Failed to connect to remote host: {_SAID}", _by("grpc")),
)  # fmt: skip
"""The forms of lines.  The first form that matches a line and tells a result counts."""
_LITERALS = tuple(dict.fromkeys(word for each in _ALL for word in each.words))
_ANY = Sought(rf".*?(?:{'|'.join(map(re.escape, _LITERALS))})")
_DAEMON = Sought(r"(?:docker: |Error: )?(?:Error response from daemon|error pulling image|Unable to find image)")


def seen_in(line: str) -> Seen | None:
    """Return the outcome that a program's line reports for a failed connection; None if it reports none."""
    for form in _ALL:
        match = form.pattern.search(line) if any(word in line for word in form.words) else None
        if match is not None and (seen := form.read(match)) is not None:
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


_OF_COMPOSE = Sought(r"\s*(?P<name>[a-z][\w.-]*?)(?:[-_]\d+)?\s+\| ")
"""The beginning of a line of compose's log: the service and the number of its container."""
_OLD_LIBPQ = Sought(r".*could not connect to server: (?P<said>\w[\w ]*)$")
_SERVER = Sought(_IS_RUNNING)


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
_PAGE_CODE = Sought(rf"\s*(?:\w+(?: \w+)?[:\uff1a] ?)?(?:net::)?(?P<code>{'|'.join(_BROWSER)})\s*\.?\s*$")
_SENTENCE = Sought(
    rf"\s*(?:The webpage at )?(?P<host>{ADDRESS}|{NAME})(?::(?P<port>\d+))?(?:/\S*)? (?:refused to connect|took too "
    rf"long to respond|didn['\u2019]t send any data|unexpectedly closed the connection|is unreachable)\.?\s*$"
)
_FIREFOX = Sought(
    rf"\s*(?:Firefox can['\u2019]t establish a connection to the server at|The server at) (?P<host>{ADDRESS}"
    rf"|{NAME})(?::(?P<port>\d+))?(?P<said>\.| is taking too long to respond\.)\s*$"
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
    code = _PAGE_CODE.match(paste.lines[start])
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
    OutputForm(_PAGE_CODE, _page, ("ERR_", "DNS_PROBE")),
    OutputForm(_FIREFOX, _firefox, ("establish a connection", "taking too long")),
    OutputForm(_ANY, _library, _LITERALS),
)
