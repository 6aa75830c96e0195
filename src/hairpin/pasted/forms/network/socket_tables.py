"""``ss`` and ``netstat`` with ``-l``, in the form of ``ss -H -n -l -t -u``.

    ss      := "Netid"? "State" "Recv-Q" "Send-Q" "Local Address:Port" "Peer Address:Port" "Process"? NL row*
    netstat := "Active Internet connections (only servers)" NL "Proto" "Recv-Q" … NL row*

If a listing has the listening sockets of all ports, it shows that nothing else listens.  The output of ``grep`` shows
only some ports.  Such an output becomes no reading, because it cannot show that a socket is absent.  ``ss -n`` and
``netstat -n`` print the numbers of ports.  If a listing has the name of a service whose number is not known, it becomes
no reading.

Source: iproute2 misc/ss.c; net-tools netstat.c
"""

import re
from typing import NamedTuple

from hairpin.errors import MalformedError
from hairpin.netfilter.address import parse_address
from hairpin.pasted.form import Command, Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.pasted.forms.rules.listed_words import port_number
from hairpin.sought import Sought

_SS_HEAD = Sought(
    r"\s*(?P<netid>Netid\s+)?State\s+Recv-Q\s+Send-Q\s+Local Address:Port\s+Peer Address:Port(?:\s*Process)?\s*$"
)
_SS_ROW = Sought(
    r"\s*(?:(?P<netid>tcp|udp|raw|icmp6|u_\w+|nl|p_raw|p_dgr|sctp|v_\w+|mptcp|\?\?\?)\s+)?"
    r"(?P<state>LISTEN|UNCONN|ESTAB|TIME-WAIT|CLOSE-WAIT|SYN-SENT|SYN-RECV|FIN-WAIT-\d|LAST-ACK|CLOSING|CLOSED)\s+"
    r"(?P<received>\d+)\s+(?P<sent>\d+)\s+(?P<local>\S*[:*]\S*)\s+(?P<peer>\S*[:*]\S*?)(?:\s*(?P<rest>users:\S.*|\s.*))?$"
)
_NETSTAT = Sought(r"\s*Active Internet connections \((?P<what>only servers|servers and established|w/o servers)\)\s*$")
_NETSTAT_HEAD = Sought(r"\s*Proto\s+Recv-Q\s+Send-Q\s+Local Address\s+Foreign Address\s+State\b.*$")
_NETSTAT_ROW = Sought(
    r"\s*(?P<protocol>tcp6?|udp6?|udplite6?|raw6?|sctp)\s+(?P<received>\d+)\s+(?P<sent>\d+)\s+(?P<local>\S+:\S+)\s+(?P<peer>\S+:\S+)"
    r"(?:\s+(?P<state>[A-Z][A-Z_]+\d?))?(?:\s+(?P<rest>\S.*?))?\s*$"
)
_PROGRAM = Sought(r"(?:^|\s)(?P<pid>\d+)/(?P<name>\S.*?)\s*$")
_OTHER = Sought(r"\s*(?:Active UNIX domain sockets|Proto RefCnt|unix\s)")


class _Socket(NamedTuple):
    protocol: str
    received: str
    sent: str
    local: str
    users: str


def _ss(paste: Paste, start: int) -> Found | None:
    head = _SS_HEAD.match(paste.lines[start])
    assert head is not None
    end = paste.block(start + 1, lambda line: _SS_ROW.match(line) or line[:1] in (" ", "\t"))
    rows = [found for line in paste.lines[start + 1 : end] if (found := _SS_ROW.match(line)) is not None]
    command = paste.command_above(start)
    protocols = _protocols(command, "ss")
    given = "" if head["netid"] else protocols[0] if len(protocols) == 1 else _protocol_of(rows)
    sockets: list[_Socket] = []
    for row in rows:
        protocol = row["netid"] or given
        if protocol in ("tcp", "udp") and row["state"] in ("LISTEN", "UNCONN"):
            sockets.append(_Socket(protocol, row["received"], row["sent"], row["local"], (row["rest"] or "").strip()))
    return _table_at(end, "ss -ln", command, sockets)


def _protocol_of(rows: list[re.Match[str]]) -> str:
    """Return the protocol of sockets by their states.  A listing without a column for protocols is about only one
    protocol."""
    return "udp" if rows and all(row["state"] == "UNCONN" for row in rows) else "tcp"


def _netstat(paste: Paste, start: int) -> Found | None:
    title = _NETSTAT.match(paste.lines[start])
    first = start + 1 if title is not None else start
    if first >= len(paste.lines) or not _NETSTAT_HEAD.match(paste.lines[first]):
        return None
    end = paste.block(first + 1, _NETSTAT_ROW.match)
    rows = [found for line in paste.lines[first + 1 : end] if (found := _NETSTAT_ROW.match(line)) is not None]
    end = paste.block(end, _OTHER.match)
    command = paste.command_above(start)
    if (title is not None and title["what"] == "w/o servers") or (title is None and not rows):
        return Found(end, "netstat")
    sockets: list[_Socket] = []
    for row in rows:
        protocol = row["protocol"].removesuffix("6")
        listens = row["state"] == "LISTEN" if protocol == "tcp" else row["peer"].endswith(":*")
        if protocol not in ("tcp", "udp") or not listens:
            continue
        local = row["local"]
        if row["protocol"] == "tcp6" or row["protocol"] == "udp6":
            host, _, port = local.rpartition(":")
            local = f"*:{port}" if host == "::" else f"[{host}]:{port}"
        owner = _PROGRAM.search(f"{row['rest'] or ''}")
        users = f'users:(("{owner["name"].rstrip(":")}",pid={owner["pid"]},fd=0))' if owner is not None else ""
        sockets.append(_Socket(protocol, row["received"], row["sent"], local, users))
    return _table_at(end, "netstat -ln", command, sockets)


def _protocols(command: Command, program: str) -> tuple[str, ...]:
    """Return the protocols that the command lists; both if it names none."""
    if command.words[:1] != (program,):
        return ("tcp", "udp")
    named = tuple(name for name, option in (("tcp", "-t"), ("udp", "-u")) if command.has(option, f"--{name}"))
    return named or ("tcp", "udp")


def _table_at(end: int, told: str, command: Command, sockets: list[_Socket]) -> Found:
    # iproute2 before 4.15 prints :::80 for both IP versions and *:80 for IPv4; later ones print *:80 and 0.0.0.0:80.
    is_old = any(each.local.startswith(":::") for each in sockets)
    lines = [_line(each._replace(local=_as_now(each.local)) if is_old else each) for each in sockets]
    cut = (
        "grep" in command.text
        or "|" in command.text
        or any(":" in word and word[0] != "-" for word in command.words[1:])
    )
    if cut or "" in lines or not _lists_listening(command, told):
        return Found(end, told)
    return Found(end, told, (Fragment("sockets", joined_lines(lines), command.netns),))


def _lists_listening(command: Command, told: str) -> bool:
    """Return whether the command lists listening sockets: ``ss -t`` lists established connections only."""
    program = told.split(maxsplit=1)[0]
    return command.words[:1] != (program,) or command.has("-l", "-a", "--listening", "--all")


def _as_now(local: str) -> str:
    return local.replace("*:", "0.0.0.0:", 1) if local.startswith("*:") else local.replace(":::", "*:", 1)


def _line(socket: _Socket) -> str:
    """Return the socket as ``ss -H -n -l -t -u`` prints it; empty if its address or its port is not known."""
    host, _, port = socket.local.rpartition(":")
    number = port_number(port)
    bare, _, device = host.strip("[]").partition("%")
    if not number:
        return ""
    if bare not in ("*", "", "0.0.0.0"):
        try:
            version, _value = parse_address(bare)
        except (MalformedError, ValueError):
            return ""
        named = f"[{bare}]" if version == 6 else bare
    else:
        named = bare or "*"
    device_text = f"%{device}" if device else ""
    state = "LISTEN" if socket.protocol == "tcp" else "UNCONN"
    peer = "[::]:*" if named.startswith("[") else "0.0.0.0:*"
    users = f" {socket.users}" if socket.users else ""
    return f"{socket.protocol} {state} {socket.received} {socket.sent} {named}{device_text}:{number} {peer}{users}"


FORMS = (OutputForm(_SS_HEAD, _ss), OutputForm(_NETSTAT, _netstat), OutputForm(_NETSTAT_HEAD, _netstat))
