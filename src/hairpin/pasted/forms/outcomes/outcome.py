"""The outcome that a client saw: an answer, a refusal, a time-out.

Each outcome is one line of JSON in the reading with the key ``outcome``.

    {"tool": "curl", "target": "http://10.8.0.5:10001", "host": "10.8.0.5", "port": 10001, "protocol": "tcp",
     "result": "refused", "from": "host", "line": 7}

``port`` is null if the tool uses no port, or if the text does not show it.  ``from`` is the place of the client:
``host``, ``container:NAME``, or empty if the text does not show it.  ``line``: the first line of the output, from 1.
The outcome of a captured packet also has the packet's ``source``, and the outcome of an ICMP error also has ``by``, the
address that sent the error.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Result
from hairpin.pasted.commands import INTRODUCED_CALL
from hairpin.pasted.form import Command, Found, Fragment, Paste
from hairpin.sought import Sought

Protocol = Literal["tcp", "udp", "icmp"]
ADDRESS = r"\d{1,3}\.[\dx*]{1,3}\.[\dx*]{1,3}\.[\dx*]{1,3}"
NAME = r"[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?"
ANY_HOST = rf"(?:{ADDRESS}|\[?(?:[0-9a-fA-F]{{0,4}}:){{2,}}[0-9a-fA-F.:]*\]?|{NAME})"
_ON_HOST = frozenset((
    "docker", "docker-compose", "podman", "nerdctl", "iptables", "ip6tables", "nft", "firewall-cmd", "ufw",
    "systemctl",
))  # fmt: skip
_LOOPBACK = Sought(r"127\.\d+\.\d+\.\d+|localhost|::1|::ffff:127\.\d+\.\d+\.\d+|0\.0\.0\.0")
_SAID: tuple[tuple[Result, str], ...] = (
    (
        "no-name",
        r"not resolve|name or service not known|name resolution|no such host|unknown host|bad address|not known",
    ),
    ("no-name", r"no address associated|server misbehaving|nxdomain|resolving timed out"),
    ("not-here", r"assign requested address|address not available|eaddrnotavail"),
    ("refused", (r"refused|拒绝连接|连接被拒绝|連線被拒絕|connexion refus|conexión re(?:chaz|hus)ada|conexão recusada"
                r"|verbindungsaufbau abgelehnt|connessione rifiutata|соединении отказано")),
    ("reset", r"reset by peer|connection reset|forcibly closed|connection was reset|连接被对[方端]重[设置]"),
    ("unreachable", r"no route to host|(?:host|network|net) is (?:unreachable|down)|unreachable"),
    ("prohibited", r"prohibited|not permitted|permission denied|packet filtered"),
    ("timeout", r"timed? ?-?out|i/o timeout|deadline exceeded|连接超时|連線逾時"),
    ("empty", r"empty reply|no data received"),
)  # fmt: skip
_RESULTS: tuple[tuple[Sought, Result], ...] = tuple(
    (Sought(pattern, re.IGNORECASE), result) for result, pattern in _SAID
)


class Seen(NamedTuple):
    """The result of one attempt of a client.  ``target``: the target as it was typed; empty if the text shows no
    command.  ``source``: the source address that a capture shows.  ``by``: the address that sent an ICMP error."""

    tool: str
    host: str
    port: int | None
    result: Result
    protocol: Protocol = "tcp"
    target: str = ""
    source: str = ""
    by: str = ""


class ClientTarget(NamedTuple):
    """The target of a client's command line."""

    host: str
    port: int | None
    text: str


def result_in(words: str) -> Result | None:
    """Return the result that the words of an error name; None if they name none."""
    for pattern, result in _RESULTS:
        if pattern.search(words) is not None:
            return result
    return None


def output_with(paste: Paste, start: int, end: int, seen: Iterable[Seen], *, told: str, command: Command) -> Found:
    """Return the output with its outcomes.

    ``command``: the command that printed the output.  The origin of the parts is only the tool, because the command
    line may contain a password or a token."""
    parts = (
        Fragment("outcome", _line(each, logger or origin_of(paste, command, each.host), start + 1), "", each.tool)
        for logger in (_logger_in(paste.lines[start]),)
        for each in dict.fromkeys(seen)
        if each.host
    )
    return Found(max(end, start + 1), told, tuple(parts))


def at_host(start: int, seen: Seen, *, told: str) -> Found:
    """Return the outcome of an attempt that a daemon of the host made."""
    return Found(start + 1, told, (Fragment("outcome", _line(seen, HOST, start + 1), "", seen.tool),))


def _line(seen: Seen, origin: str, line: int) -> str:
    document: dict[str, str | int | None] = {
        "tool": seen.tool,
        "target": seen.target or _place_text(seen),
        "host": seen.host,
        "port": seen.port,
        "protocol": seen.protocol,
        "result": seen.result,
        "from": origin,
        "line": line,
    }
    document |= {key: value for key, value in (("source", seen.source), ("by", seen.by)) if value}
    return msgspec.json.encode(document).decode() + "\n"


def _place_text(seen: Seen) -> str:
    host = f"[{seen.host}]" if ":" in seen.host else seen.host
    return seen.host if seen.port is None else f"{host}:{seen.port}"


def _logger_in(line: str) -> str:
    """Return the container whose log has the line; empty if the line does not begin as ``docker compose logs`` begins
    each line, with the name of the container or of its service."""
    found = LOGGED.match(line)
    return f"container:{found['name']}" if found is not None else ""


def origin_of(paste: Paste, command: Command, host: str) -> str:
    """Return the place of the client.  A command ran on the host in two cases: it has the same prompt as a command of
    an engine or a firewall, or it asks the loopback address."""
    if command.netns != HOST:
        return command.netns
    if not command.words or command.words[0] in ("docker", "podman", "nerdctl"):
        return ""
    if is_loopback(host):
        return HOST
    is_introduced = INTRODUCED_CALL.match(paste.lines[command.line]) is not None
    others = (each for each in paste.commands.values() if each.words[0] in _ON_HOST and each.netns == HOST)
    if is_introduced:  # who writes how each command was called writes about one place
        return HOST if any(INTRODUCED_CALL.match(paste.lines[each.line]) is not None for each in others) else ""
    return HOST if command.host and any(each.host == command.host for each in others) else ""


def is_loopback(host: str) -> bool:
    """Return whether the address or name belongs to the client itself."""
    return _LOOPBACK.fullmatch(host) is not None


LOGGED = Sought(r"\s*(?P<name>[A-Za-z0-9][\w.-]*?)(?:[-_]\d+)?\s+\|\s")
"""Matches the beginning of a line of ``docker compose logs``.  Compose numbers the containers of a service."""
_URL = Sought(
    rf"(?P<scheme>[a-z]+://)?(?:[^@/\s]*@)?(?P<host>\[[0-9a-fA-F:]+\]|{ADDRESS}"
    rf"|{NAME})(?::(?P<port>\d{{1,5}}))?(?P<path>/[^?#\s]*)?.*"
)
_PORTS = {"http://": 80, "https://": 443, "ftp://": 21, "ws://": 80, "wss://": 443}
_VALUED = Sought(
    "-[HoXdmuATtOUwecqIisQDrFbEK]|--(?:header|output|request|data|max-time|connect-timeout|user|user-agent|timeout"
    "|tries|output-document|resolve|interface|write-out|proxy|retry|cacert|cert|key|form|cookie|wait)"
)


def target_in(command: Command, *, port: int | None) -> ClientTarget | None:
    """Return the target of the command line of a client that takes URLs; None if it names none.  ``port``: the port for
    a URL that has neither a port nor a scheme."""
    plain: list[str] = []
    skipped = False
    for word in command.words[1:]:
        if "://" in word:
            return target_of(word, port=port)
        if skipped or word.startswith("-"):
            skipped = not skipped and _VALUED.fullmatch(word) is not None and command.words[0] != "telnet"
            continue
        plain.append(word)
    likely = [each for each in plain if re.search(r"[.:]|^localhost", each)] or plain
    return target_of(likely[-1], port=port) if likely else None


def target_of(text: str, *, port: int | None) -> ClientTarget | None:
    """Return the target that a URL names, without user, password and query."""
    url = _URL.fullmatch(text.strip("'\"<>(),;"))
    if url is None:
        return None
    scheme, host = url["scheme"] or "", url["host"].strip("[]")
    number = int(url["port"]) if url["port"] else _PORTS.get(scheme, port)
    named = f":{url['port']}" if url["port"] else ""
    return ClientTarget(host, number, f"{scheme}{url['host']}{named}{url['path'] or ''}")
