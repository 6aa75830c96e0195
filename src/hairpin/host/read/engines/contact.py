"""How an engine answered the collector's requests: the endpoint that was asked, the engine's state, and the daemons
beside it that were not asked."""

import re
from typing import Literal

import msgspec

from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.contact import Contact, EngineBeside, Tool
from hairpin.host.read.readings import user_of

_TIMED_OUT = (28, 124)
"""The exit statuses after a time-out: 28 from curl after ``--max-time``, and 124 from timeout(1)."""
_NAMED = re.compile(r"\(named by ([^()]+)\)")
_PROCESS = re.compile(r"\(dockerd, process (\d+)")
State = Literal["answers", "hung", "stopped", "unreachable", "unreadable"]


def contact(evidence: Evidence, kind: Tool, user: str = "") -> Contact:
    """Return how an engine that runs or is installed answered the collector.

    ``user``: whose dockerd it is, if it was asked beside the host's own one."""
    version = evidence.find(f"{kind}-version", "")
    if kind == "podman":  # Podman has no daemon, so its command answers
        return Contact(kind, "podman" if version is not None else "", _of_podman(evidence, version), _took_ms(version))
    evidence = _of_user(evidence, user)
    version, socket = evidence.find("docker-version", ""), evidence.find("docker-socket", "")
    return Contact(
        kind,
        _endpoint(socket),
        _of_docker(evidence, socket, version),
        _took_ms(version),
        _named(socket),
        _halted(evidence.find("engine-halted", "")),
        socket is None or "not asked" not in socket.text,
        user,
    )


def _of_user(evidence: Evidence, user: str) -> Evidence:
    own = tuple(each for each in evidence.readings if user_of(each) == user)
    return msgspec.structs.replace(evidence, readings=own)


def _endpoint(socket: Reading | None) -> str:
    """Return the socket in the form of DOCKER_HOST.  The text of the reading begins with the socket.  If the socket
    could not be asked, the reading's origin names it."""
    if socket is None:
        return ""
    if socket.outcome == "text":
        return socket.text.partition(" ")[0].strip()
    return socket.origin if "://" in socket.origin else f"unix://{socket.origin}"


def _took_ms(version: Reading | None) -> int | None:
    return version.took_ms if version is not None and version.outcome == "text" else None


def _of_podman(evidence: Evidence, version: Reading | None) -> State:
    """Return the state of the Podman of all users.  Each has a command of its own, and the slowest one decides."""
    if version is None or version.outcome == "absent":
        return "stopped"
    listed = evidence.all("podman-containers", "")
    told = {user_of(each) for each in listed}
    answered = {user_of(each) for each in evidence.all("podman-version", "") if each.outcome == "text"}
    if answered - told or any(each.outcome == "failed" and each.status in _TIMED_OUT for each in listed):
        return "hung"
    return _told(version) or "unreachable"


def _of_docker(evidence: Evidence, socket: Reading | None, version: Reading | None) -> State:
    told = _told(version) if version is not None else None
    answers = any(_is_text(evidence.find(key, "")) for key in ("docker-info", "docker-containers"))
    if told and not (told == "unreadable" and answers):  # a proxy in front of the socket may refuse some requests
        return told
    if answers:
        return "answers"
    if _named(socket) and socket is not None and socket.outcome != "refused":
        return "unreachable"  # DOCKER_HOST or a context names another daemon than this host's
    if socket is not None and socket.outcome == "refused":
        return "unreadable"
    if _is_text(evidence.find("dockerd-cmdline", "")):
        return "unreachable"
    # Neither docker nor curl is installed to ask the socket, or the socket is on another machine or in another
    # namespace.
    asked = version is not None and version.outcome != "absent"
    if (_is_text(socket) and not asked) or (socket is not None and "not asked" in socket.text):
        return "unreachable"
    return "stopped"


def _told(version: Reading) -> State | None:
    """Return the engine's state, as its answer to the version request shows it; None if the request failed for another
    reason."""
    if version.outcome == "text":
        return "answers"
    if version.outcome == "refused":
        return "unreadable"
    return "hung" if version.status in _TIMED_OUT else None


def _named(socket: Reading | None) -> str:
    """Return the variable or context that names the endpoint; empty if hairpin found the daemon itself."""
    said = _NAMED.search(socket.text) if socket is not None else None
    return said[1] if said else ""


def _halted(reading: Reading | None) -> tuple[tuple[int, str], ...]:
    if reading is None or reading.outcome != "text":
        return ()
    lines = (line.partition("\t") for line in reading.text.split("\n"))
    return tuple((int(pid), name) for pid, tab, name in lines if tab and pid.isdigit())


def _is_text(reading: Reading | None) -> bool:
    return reading is not None and reading.outcome == "text"


def beside(reading: Reading, asked: frozenset[int] = frozenset()) -> tuple[EngineBeside, ...]:
    """Return the daemons of this host that were not asked, because another daemon was asked, in the reading's order.

    The lines are ``process<TAB>user id<TAB>sockets``.  Lines that name no daemon are skipped.  ``asked``: the processes
    of users' daemons that were asked beside the other one."""
    found: list[EngineBeside] = []
    for line in reading.text.split("\n"):
        fields = line.split("\t")
        if len(fields) == 3 and fields[0].isdigit() and fields[1].isdigit() and int(fields[0]) not in asked:
            found.append(EngineBeside(int(fields[0]), int(fields[1]), tuple(fields[2].split())))
    return tuple(found)


def asked_beside(sockets: tuple[Reading, ...], listed: tuple[Reading, ...]) -> frozenset[int]:
    """Return the processes of the users' daemons that were asked beside another one, and that listed their containers.

    ``sockets``, ``listed``: the readings of the endpoints and of the containers."""
    answered = {user_of(each) for each in listed}
    own = (each.text for each in sockets if user_of(each) and user_of(each) in answered)
    return frozenset(int(found[1]) for found in map(_PROCESS.search, own) if found is not None)
