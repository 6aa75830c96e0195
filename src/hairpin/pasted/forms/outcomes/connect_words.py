"""Reads the lines about a connection that telnet, netcat, ssh and nmap print.

    telnet: "Trying 10.8.0.5..." ("Connected to …" | "telnet: Unable to connect to remote host: Connection refused")
    nc:     "Connection to 10.8.0.5 80 port [tcp/http] succeeded!" | "nc: connect to 10.8.0.5 port 80 (tcp) failed: …"
    ncat:   "Ncat: Connection refused."
    nmap:   "Nmap scan report for 10.8.0.5" … "80/tcp open http"

Source: netkit-telnet telnet/commands.c; inetutils; openbsd-netcat nc.c; netcat-traditional; ncat/ncat_connect.c;
busybox networking/nc.c
"""

import re
from collections.abc import Iterator

from hairpin.evidence.told import Result
from hairpin.pasted.form import Command, Found, OutputForm, Paste
from hairpin.pasted.forms.outcomes.outcome import ANY_HOST, ClientTarget, Protocol, Seen, output_with, result_in
from hairpin.sought import Sought

_TELNET = Sought(rf"\s*(?:Trying {ANY_HOST} ?(?:\.\.\.|\u2026)|telnet: \S)")
_TELNET_LINE = Sought(
    r"\s*(?:Trying |Connected to |Escape character|telnet: |Connection closed|\^C|\^\]|Connection refused)"
)
_TRYING = Sought(rf"\s*Trying (?P<host>{ANY_HOST}?) ?(?:\.\.\.|\u2026)")
_TELNET_HOST = Sought(rf"(?:connect to address|remote host \(|resolve) ?(?P<host>{ANY_HOST})")


def _target_in_command(command: Command, program: tuple[str, ...]) -> ClientTarget | None:
    """Return the target of ``telnet HOST PORT`` or ``nc -zv HOST PORT``."""
    if command.words[:1] == () or command.words[0] not in program:
        return None
    plain = [word for word in command.words[1:] if not word.startswith("-")]
    ports = [number for number, word in enumerate(plain) if word.isdigit() and number]
    if not plain:
        return None
    port = int(plain[ports[-1]]) if ports else None
    host = plain[ports[-1] - 1] if ports else plain[0]
    return ClientTarget(host, port, " ".join((host, *([str(port)] if port is not None else []))))


def _telnet(paste: Paste, start: int) -> Found | None:
    command = paste.command_above(start)
    end = paste.block(start, _TELNET_LINE.match)
    lines = paste.lines[start:end]
    typed = _target_in_command(command, ("telnet",))
    result: Result | None = None
    host = ""
    for line in lines:
        trying, named = _TRYING.match(line), _TELNET_HOST.search(line)
        host = trying["host"] if trying else named["host"].rstrip("/") if named else host
        if line.lstrip().startswith("Connected to "):
            result = "answered"
        elif line.lstrip().startswith(("telnet: ", "Connection refused")):
            result = result_in(line) or result
        elif line.strip() == "^C" and result is None:
            result = "timeout"
    if typed is None and not any(line.lstrip().startswith(("telnet:", "Escape", "Connected")) for line in lines):
        return None
    place = typed or (ClientTarget(host, None, "") if host else None)
    seen = [Seen("telnet", place.host, place.port, result, target=place.text)] if place and result else []
    return output_with(paste, start, end, seen, told="telnet", command=command)


_NC = Sought(
    rf"\s*(?:[Nn]cat: \S|nc: \S|Connection to (?P<h1>{ANY_HOST}) (?:\([^)]*\) )?(?:port )?(?P<p1>\d+) (?:port "
    rf")?\[(?P<t1>tcp|udp)/[^\]]*\] succeeded|(?:\(UNKNOWN\)|{ANY_HOST}) \[(?P<h2>[0-9a-fA-F.:]+)\] (?P<p2>\d+) "
    rf"\([^)]*\) ?:? (?P<s2>open|Connection refused|Connection timed out|No route to host)|(?P<h3>{ANY_HOST}) "
    rf"\([^)\s]*:(?P<p3>\d+)\) open)"
)
_NC_ERROR = Sought(
    rf"\s*(?:nc|[Nn]cat): (?:connect(?:x)? to (?P<h1>{ANY_HOST}) (?:\([^)]*\) )?port (?P<p1>\d+) \((?P<t1>tcp|udp)\)"
    rf"|(?P<h2>{ANY_HOST}) \([^)\s]*:(?P<p2>\d+)\)|can't connect to remote host \((?P<h3>{ANY_HOST})\)"
    rf"|Connected to (?P<h4>{ANY_HOST}):(?P<p4>\d+)|bad address '(?P<h5>{ANY_HOST})')?(?P<said>.*)"
)


def _netcat(paste: Paste, start: int) -> Found | None:
    command = paste.command_above(start)
    end = paste.block(start, _NC.match)
    typed = _target_in_command(command, ("nc", "ncat", "netcat"))
    seen = [each for line in paste.lines[start:end] for each in _of_netcat(line, typed)]
    seen = [each._replace(target=typed.text) if typed and typed[:2] == each[1:3] else each for each in seen]
    if not seen and not command.words:
        return None
    if command.has("-u", "--udp"):  # without an ICMP error netcat takes a UDP port for open
        seen = [each for each in seen if each.result != "answered"]
    # Ncat says "Connected to" and later an error: the last word counts for a target.
    last = {(each.host, each.port): each for each in seen}
    return output_with(paste, start, end, last.values(), told="nc", command=command)


def _of_netcat(line: str, typed: ClientTarget | None) -> Iterator[Seen]:
    good = _NC.match(line)
    if good is None:
        return
    if good["h1"] is not None:
        if good["t1"] == "tcp":
            yield Seen("nc", good["h1"], int(good["p1"]), "answered")
        return
    if good["h2"] is not None:
        result = "answered" if good["s2"] == "open" else result_in(good["s2"])
        if result is not None:
            yield Seen("nc", good["h2"], int(good["p2"]), result)
        return
    if good["h3"] is not None:
        yield Seen("nc", good["h3"], int(good["p3"]), "answered")
        return
    error = _NC_ERROR.match(line)
    if error is None:
        return
    host = next((error[name] for name in ("h1", "h2", "h3", "h4", "h5") if error[name]), typed.host if typed else "")
    port = next((int(error[name]) for name in ("p1", "p2", "p4") if error[name]), typed.port if typed else None)
    said = error["said"] if error["h5"] is None else "bad address"
    named: Result | None = "answered" if error["h4"] is not None else result_in(said)
    protocol: Protocol = "udp" if error["t1"] == "udp" else "tcp"
    if host and named is not None:
        yield Seen("nc", host, port, named, protocol)


_SSH = Sought(
    rf"\s*ssh: (?:connect to host (?P<host>{ANY_HOST}) port (?P<port>\d+): |Could not resolve hostname "
    rf"(?P<name>{ANY_HOST}): )(?P<said>.*)"
)


def _ssh(paste: Paste, start: int) -> Found | None:
    match = _SSH.match(paste.lines[start])
    assert match is not None
    result = "no-name" if match["name"] else result_in(match["said"])
    host = match["host"] or match["name"]
    seen = [Seen("ssh", host, int(match["port"]) if match["port"] else 22, result)] if result else []
    return output_with(paste, start, start + 1, seen, told="ssh", command=paste.command_above(start))


_SCAN = Sought(rf"\s*Nmap scan report for (?:\S+ \((?P<address>[^)]+)\)|(?P<host>{ANY_HOST}))\s*$")
_SCANNED = Sought(
    r"\s*(?P<port>\d{1,5})/(?P<protocol>tcp|udp)\s+(?P<state>open\|filtered|open|closed|filtered"
    r"|unfiltered)\b(?P<rest>.*)"
)
_NMAP_LINE = Sought(
    r"\s*(?:\d{1,5}/(?:tcp|udp|sctp)\s|PORT\s+STATE|Host is up|Not shown|All \d+ scanned|Other addresses"
    r"|rDNS|MAC Address|\||Nmap done|Service |Some closed)"
)


def _nmap(paste: Paste, start: int) -> Found | None:
    head = _SCAN.match(paste.lines[start])
    assert head is not None
    host = head["address"] or head["host"]
    end = paste.block(start + 1, _NMAP_LINE.match, blank=1)
    seen = [each for line in paste.lines[start + 1 : end] for each in _ports_of_scan(line, host)]
    return output_with(paste, start, end, seen, told="nmap", command=_command_near(paste, start))


def _command_near(paste: Paste, start: int) -> Command:
    """Return the command above nmap's first lines, which say when it started."""
    at = start
    while at > 0 and re.match(r"\s*(?:Starting Nmap|Host discovery|Note:|$)", paste.lines[at - 1]):
        at -= 1
    return paste.command_above(at)


def _ports_of_scan(line: str, host: str) -> Iterator[Seen]:
    row = _SCANNED.match(line)
    if row is None:
        return
    results: dict[str, Result] = {"open": "answered", "closed": "refused", "filtered": "timeout"}
    result = results.get(row["state"])
    if row["state"] == "filtered" and "prohibited" in row["rest"]:
        result = "prohibited"
    elif row["state"] == "filtered" and "unreach" in row["rest"]:
        result = "unreachable"
    if result is not None:
        yield Seen("nmap", host, int(row["port"]), result, "udp" if row["protocol"] == "udp" else "tcp")


FORMS = (
    OutputForm(_TELNET, _telnet),
    OutputForm(_SSH, _ssh),
    OutputForm(_SCAN, _nmap),
    OutputForm(_NC, _netcat, ("nc: ", "cat: ", "succeeded", ") open", "] ")),
)
