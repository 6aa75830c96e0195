"""Reads the output of ping and traceroute, on Linux, in busybox and on Windows.

    ping := "PING " NAME " (" ADDRESS ")" … (REPLY | "From " ADDRESS … ERROR)* "--- " NAME " ping statistics ---"
            NUMBER " packets transmitted, " NUMBER …

Source: iputils ping/ping_common.c, ping/ping.c pr_icmph(); busybox networking/ping.c
"""

import re

from hairpin.evidence.told import Result
from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.outcomes.outcome import ADDRESS, ANY_HOST, Seen, output_with, result_in
from hairpin.sought import Sought

_HEAD = Sought(
    rf"\s*(?:PING6?[ (]+(?P<a>{ANY_HOST})(?:\)|\s*\([^)]*\)|[: ])|Pinging (?P<b>{ANY_HOST}) (?:\[[^\]]*\] )?with \d+ "
    rf"bytes|--- (?P<c>{ANY_HOST}) ping6? statistics ---)"
)
_ERROR = Sought(
    rf"\s*(?:ping6?|connect): (?:(?:unknown host|bad address|cannot resolve) '?(?P<a>{ANY_HOST})'?|(?P<b>{ANY_HOST})"
    rf": (?:Name or service|Temporary failure|No address|Name does|Try again).*|(?:connect|sendmsg"
    rf"|sendto): (?P<said>\S.*))"
)
_LINE = Sought(
    r"\s*(?:\d+ bytes from |From \S+:? ?|Reply from |Request timed? ?out|Destination |PING |Pinging |--- |\d+ packets "
    r"transmitted|rtt |round-trip|pipe \d|ping6?: |no answer yet|Ping statistics|Packets: |Approximate|Minimum|\^C|\d+ "
    r"bytes \(|\d+ packets|Control-C|Warning: )"
)
_COUNTS = Sought(r"\s*(\d+) packets transmitted, (\d+) (?:packets )?received")
_WINDOWS_COUNTS = Sought(r"\s*Packets: Sent = (\d+), Received = (\d+)")
_SENT = Sought(rf"\s*From (?P<by>{ADDRESS})[ :].*nreachable")
_JOINED = Sought(r"(?<=\S) (?=--- \S+ ping statistics|\d+ packets transmitted|\d+ bytes from |From \d)")
_REPLY = Sought(r"\s*(?:\d+ bytes from |Reply from \S+: bytes=)")


def _ping(paste: Paste, start: int) -> Found | None:
    head = _HEAD.match(paste.lines[start])
    assert head is not None
    end = paste.block(start, _LINE.match, blank=1)
    # Another ping without a command line between the two begins another output.
    end = next((at for at in range(start + 1, end) if re.match(r"\s*(?:PING6? |Pinging )", paste.lines[at])), end)
    # A web page may have made one line of all.
    lines = tuple(part for line in paste.lines[start:end] for part in _JOINED.split(line))
    result = _result_of(lines)
    errors = (match["by"] for line in lines if (match := _SENT.match(line)) is not None)
    host = head["a"] or head["b"] or head["c"]
    seen = [Seen("ping", host.strip("[]"), None, result, "icmp", by=next(errors, ""))] if result is not None else []
    return output_with(paste, start, end, seen, told="ping", command=paste.command_above(start))


def _result_of(lines: tuple[str, ...]) -> Result | None:
    if any(_REPLY.match(line) for line in lines):
        return "answered"
    counts = next((each for line in lines if (each := _COUNTS.match(line) or _WINDOWS_COUNTS.match(line))), None)
    if counts is not None and int(counts[2]):
        # Windows counts "Destination host unreachable" of a router as received.
        return "answered" if _COUNTS.match(counts[0]) else _errors(lines)
    errors = _errors(lines)
    if errors is not None:
        return errors
    if counts is not None and int(counts[1]):
        return "timeout"
    return "timeout" if any(re.match(r"\s*(?:Request timed? ?out|no answer yet)", line) for line in lines) else None


def _errors(lines: tuple[str, ...]) -> Result | None:
    """Return the result that ICMP errors name.  By default REJECT answers with ``Destination Port Unreachable``."""
    for line in lines:
        if "ort Unreachable" in line or "ort unreachable" in line:
            return "refused"
        if re.search(r"prohibited|filtered|not permitted", line, re.IGNORECASE):
            return "prohibited"
        if re.search(r"unreachable|Time to live exceeded|TTL expired", line, re.IGNORECASE):
            return "unreachable"
    return None


def _error(paste: Paste, start: int) -> Found | None:
    match = _ERROR.match(paste.lines[start])
    assert match is not None
    command = paste.command_above(start)
    name = match["a"] or match["b"]
    typed = [word for word in command.words[1:] if not word.startswith("-")] if command.words[:1] == ("ping",) else []
    host = name or (typed[-1] if typed else "")
    result: Result | None = "no-name" if name else result_in(match["said"])
    seen = [Seen("ping", host, None, result, "icmp")] if result is not None and host else []
    return output_with(paste, start, start + 1, seen, told="ping", command=command)


_TRACE = Sought(
    rf"\s*(?:traceroute6? to|Tracing route to) (?P<host>{ANY_HOST}) (?:\((?P<a>[^)]+)\)|\[(?P<b>[^\]]+)\]|over)"
)
_HOP = Sought(r"\s*\d{1,2}[: ]\s*\S")
_FLAG = Sought(r"\s!([NHPXSC]|\d+)?(?:\s|$)")
_HOPS = 30


def _trace(paste: Paste, start: int) -> Found | None:
    """Return how the trace ended: at the target, at a hop that answered with an error, or with hops that did not
    answer."""
    head = _TRACE.match(paste.lines[start])
    assert head is not None
    end = paste.block(
        start + 1, lambda line: _HOP.match(line) or re.match(r"\s*over a maximum|Trace complete", line), blank=1
    )
    hops = [line for line in paste.lines[start + 1 : end] if _HOP.match(line)]
    target = head["a"] or head["b"] or head["host"]
    result: Result | None = None
    flags = [flag for line in hops[-1:] for flag in _FLAG.findall(line)]
    if flags:
        result = "prohibited" if set(flags) & {"X", "C", "10", "13"} else "unreachable"
    elif hops and re.search(rf"(?<![\d.]){re.escape(target)}(?![\d.])", hops[-1]):
        result = "answered"
    elif hops and re.fullmatch(r"\s*\d+\s+(?:\*\s*)+(?:Request timed out\.)?", hops[-1]):
        silent = len(hops) >= _HOPS or len([hop for hop in hops if "*" in hop]) > 1
        result = "timeout" if silent else None
    is_windows = head["a"] is None
    seen = [Seen("traceroute", head["host"], None, result, "icmp" if is_windows else "udp")] if result else []
    return output_with(paste, start, max(end, start + 1), seen, told="traceroute", command=paste.command_above(start))


FORMS = (OutputForm(_HEAD, _ping), OutputForm(_ERROR, _error), OutputForm(_TRACE, _trace))
