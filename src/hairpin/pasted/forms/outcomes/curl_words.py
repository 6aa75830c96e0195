"""Reads the output of curl and wget: error sentences, ``curl -v``, HTTP status lines, wget's and busybox's progress.

    curl  := (meter | "* " WORDS | ("<" | ">") " " HEADER)* ["curl: (" NUMBER ")" SENTENCE]
    wget  := ["--" TIME "--" URL] ("Resolving" | "Connecting to" …)* | "wget: " SENTENCE

Source: curl lib/connect.c, lib/multi.c, lib/http.c, libcurl-errors(3); wget src/connect.c; busybox
networking/wget.c
"""

import re
from collections.abc import Iterator

from hairpin.evidence.told import Result
from hairpin.pasted.form import NO_COMMAND, Found, OutputForm, Paste
from hairpin.pasted.forms.outcomes.outcome import (
    ADDRESS,
    ANY_HOST,
    ClientTarget,
    Seen,
    is_loopback,
    output_with,
    result_in,
    target_in,
)
from hairpin.sought import Sought

_ERROR = Sought(r"(?:.*[\s`])?curl: \((?P<code>\d{1,2})\) (?P<said>\S.*)")
_BEGIN = Sought(
    r"[\s`]*(?:% Total\s+% Received|curl: \(\d{1,2}\) \S|\* +(?:Trying \S|Rebuilt URL|About to connect|Host \S+ was "
    r"resolved|Could not resolve|Connected to|Resolving timed|Expire in|Uses proxy|Added \S+ to DNS|Hostname \S+ was))"
)
_BELONGS = Sought(
    r"\s*(?:% Total|Dload\b|[*<>{}](?:\s|$)|curl: \(\d{1,2}\) |HTTP/\d|[A-Z]{3,7} \S+ HTTP/\d|[A-Z][\w-]*: ?\S"
    r"|100\s+\d|\(.*\), .* \(|ALPN)|.*--:--:--"
)
_PLACE = Sought(
    rf"(?:[Ff]ailed to connect to (?P<a>{ANY_HOST}) port (?P<b>\d+)|[Ff]ailed connect to (?P<c>{ANY_HOST}):(?P<d>\d+)"
    rf"|connect to (?P<e>{ANY_HOST}) port (?P<f>\d+)|[Cc]onnection to (?P<g>{ANY_HOST}):(?P<h>\d+)"
    rf"|[Cc]onnected to (?P<i>\S+) \([^)]*\) port (?P<j>\d+)|Trying (?P<k>{ADDRESS}|[0-9a-fA-F:\[\]]+):(?P<l>\d+)\.\.\."
    rf"|(?:not|n't) resolve host:? '?(?P<m>{ANY_HOST})()'?|About to connect\(\) to (?P<n>{ANY_HOST}) port (?P<o>\d+))"
)
_ANSWERED_CODES = frozenset({"1", "8", "18", "22", "23", "33", "47", "51", "58", "60", "61", "63", "67", "78", "92"})
_ANSWERED_TLS = Sought(r"wrong version number|certificate|handshake failure|unknown protocol|alert|no alternative")
_STATUS = Sought(r"\s*(?:< )?HTTP/\d(?:\.\d)? \d{3}\b")
_RECEIVED = Sought(r"\s*100\s+[\d.]+[kMG]?\s+100\s+[1-9]")
_LONG_MS = 20_000
"""If a failed connection took at least this time, nothing answered it.  The kernel gives up a neighbour after three
seconds, and reports other errors at once."""


def _curl(paste: Paste, start: int) -> Found | None:
    command = paste.command_above(start)
    end = paste.block(start, _BELONGS.match, blank=2)
    lines = paste.lines[start:end] or (paste.lines[start],)
    target = target_in(command, port=80) if command.words[:1] == ("curl",) else None
    result = _result_of(lines, target)
    if (
        result is None
        and any(line.strip().startswith("* ") and "Trying" in line for line in lines)
        and _is_broken_off(paste, end)
    ):
        result = "timeout"
    place = target or _place(lines)
    seen = [Seen("curl", place.host, place.port, result, target=place.text)] if result is not None and place else []
    if not seen and not command.words and not any(_ERROR.match(line) for line in lines):
        return None
    return output_with(paste, start, end, seen, told="curl", command=command)


def _is_broken_off(paste: Paste, end: int) -> bool:
    return end < len(paste.lines) and paste.lines[end].strip() == "^C"


def _result_of(lines: tuple[str, ...], target: ClientTarget | None) -> Result | None:
    """Return the result that the error sentence names; if the sentence names none, the result of the last attempt."""
    verbose = [line.strip()[1:].strip() for line in lines if line.lstrip().startswith("*")]
    error = next((each for line in reversed(lines) if (each := _ERROR.match(line)) is not None), None)
    if any(_STATUS.match(line) or _RECEIVED.match(line) for line in lines):
        return "answered"
    if error is None:
        failed: list[Result | None] = [
            result_in(line) for line in verbose if re.search(r"fail|refused|resolve|timed out|unreach|No route", line)
        ]
        return next((each for each in reversed(failed) if each is not None), None)
    if error["code"] in _ANSWERED_CODES:
        return "answered"
    said = error["said"]
    if error["code"] == "35" and _ANSWERED_TLS.search(said):
        return "answered"
    named = result_in(said)
    if named is not None:
        return named
    attempts: list[Result | None] = [result_in(line) for line in verbose if "connect to" in line and "failed" in line]
    if attempts and attempts[-1] is not None:
        return attempts[-1]
    return _of_unnamed(said, target, lines)


def _of_unnamed(said: str, target: ClientTarget | None, lines: tuple[str, ...]) -> Result | None:
    """Return the result behind ``Couldn't connect to server``, which curl prints since 7.80 for every reason.

    For a loopback address it was a refusal.  After twenty seconds it was a time-out.  Otherwise the result is not
    known."""
    took = re.search(r"after (\d+) ms", said)
    if re.search(r"(?:[Cc]ouldn't|[Cc]ould not) connect to (?:server|host)", said) is None:
        return None
    place = target or _place(lines)
    if place is not None and is_loopback(place.host):
        return "refused"
    return "timeout" if took is not None and int(took[1]) >= _LONG_MS else None


def _place(lines: tuple[str, ...]) -> ClientTarget | None:
    for line in reversed(lines):
        match = _PLACE.search(line)
        if match is not None:
            host, port = [each for each in match.groups() if each is not None][:2]
            return ClientTarget(host.strip("[]"), int(port) if port else None, "")
    return None


def _headers(paste: Paste, start: int) -> Found | None:
    """Return the answer of ``curl -I`` or ``curl`` without options: a status line, or a page, right below a command."""
    command = paste.command_above(start)
    if command.words[:1] not in (("curl",), ("wget",)):
        return None
    target = target_in(command, port=80)
    end = paste.block(start, lambda line: re.match(r"HTTP/\d|[\w-]+: ?\S", line.strip()), blank=0)
    seen = [Seen(command.words[0], target.host, target.port, "answered", target=target.text)] if target else []
    return output_with(paste, start, end, seen, told=command.words[0], command=command)


_WGET = Sought(
    rf"\s*(?:--\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d--  ?\S+|--\d\d:\d\d:\d\d--  ?\S+|wget: \S"
    rf"|Resolving {ANY_HOST} \(?|Connecting to {ANY_HOST}[ (:|])"
)
_WGET_LINE = Sought(
    r"\s*(?:--\d|=> |Resolving |Connecting to |HTTP request sent|Length: |Saving to|Location: |Giving up|Retrying"
    r"|wget: |Read error|saving to|remote file|\S+\s+100%|Proxy request|ERROR \d|Cookie |\(try:|Connection closed|No "
    r"data received|\d{4}-\d\d-\d\d )"
)
_TO = Sought(
    rf"Connecting to (?P<name>{ANY_HOST})?(?: \([^)]*\))?(?:\|(?P<address>[^|]+)\|)?"
    rf"(?::(?P<port>\d+))?(?: \({ANY_HOST}:(?P<inner>\d+)\))?"
)
_REMOTE = Sought(rf"wget: can't connect to remote host \((?P<host>{ANY_HOST})\): (?P<said>.*)")
_UNKNOWN = Sought(
    rf"(?:wget: bad address|wget: unable to resolve host address|Resolving)\s+['\u2018`]?(?P<host>{ANY_HOST})"
)


def _wget(paste: Paste, start: int) -> Found | None:
    command = paste.command_above(start)
    end = paste.block(start, _WGET_LINE.match, blank=1)
    lines = paste.lines[start : max(end, start + 1)]
    typed = target_in(command, port=80) if command.words[:1] == ("wget",) else None
    seen = list(_attempts(lines, typed))
    if not seen and not command.words:
        return None
    return output_with(paste, start, end, seen[-1:], told="wget", command=command)


def _attempts(lines: tuple[str, ...], typed: ClientTarget | None) -> Iterator[Seen]:
    """Yield what each line shows about the attempt.  The last value counts."""
    place = typed
    for line in lines:
        to, remote, unknown = _TO.search(line), _REMOTE.search(line), _UNKNOWN.search(line)
        if to is not None and typed is None:
            port = to["port"] or to["inner"]
            place = ClientTarget((to["name"] or to["address"] or "").strip("[]"), int(port) if port else None, "")
        if unknown is not None and ("failed" in line or "wget:" in line):
            yield Seen("wget", unknown["host"], None, "no-name", target=typed.text if typed else "")
        elif remote is not None and (result := result_in(remote["said"])) is not None:
            place = typed or ClientTarget(remote["host"], None, "")
            yield Seen("wget", place.host, place.port, result, target=place.text)
        elif place is not None and (result := _of_line(line)) is not None:
            yield Seen("wget", place.host, place.port, result, target=place.text)


def _of_line(line: str) -> Result | None:
    if re.search(
        r"awaiting response\.\.\. *(?:HTTP/\S+ )?\d{3}|saving to|remote file exists|server returned error: HTTP", line
    ):
        return "answered"
    if "No data received" in line or "error getting response" in line:
        return "empty"
    if re.search(r"failed: |Read error|download timed out|awaiting response\.\.\. Read error", line):
        return result_in(line)
    return None


_PAGE = Sought(
    r"\s*(?:HTTP/\d(?:\.\d)? \d{3}\b|(?i:<!DOCTYPE html|<\?xml|<(?:html|head|title|body|div|h[1-6]|a|p|img"
    r"|script|style|meta|link|center)[\s>])|[\[{]\")"
)
_QUOTED = Sought(r".*`(?P<error>curl: \(\d{1,2}\) [^`]*)`?")


def _quoted_error(paste: Paste, start: int) -> Found | None:
    """Return the outcome in a sentence of curl that a text quotes between backticks."""
    quoted = _QUOTED.match(paste.lines[start])
    assert quoted is not None
    lines = (quoted["error"],)
    place = _place(lines)
    result = _result_of(lines, place)
    seen = [Seen("curl", place.host, place.port, result)] if place and result else []
    return output_with(paste, start, start + 1, seen, told="curl", command=NO_COMMAND) if seen else None


FORMS = (
    OutputForm(_BEGIN, _curl),
    OutputForm(_QUOTED, _quoted_error, ("`curl: (",)),
    OutputForm(_WGET, _wget),
    OutputForm(_PAGE, _headers),
)
