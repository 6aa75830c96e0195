"""How an engine took the collector's questions: where it was asked, and whether it answered."""

import re
from typing import Literal

from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.docker import Contact

_TIMED_OUT = (28, 124)
"""curl's exit status after ``--max-time``, timeout(1)'s."""
_NAMED = re.compile(r"\(named by ([^()]+)\)")
State = Literal["answers", "hung", "stopped", "unreachable", "unreadable"]


def contact(evidence: Evidence, kind: Literal["docker", "podman"]) -> Contact:
    """Return the contact with an engine that runs or is installed."""
    version = evidence.find(f"{kind}-version", "")
    if kind == "podman":  # it has no daemon: its command answers
        return Contact(kind, "podman" if version is not None else "", _of_podman(version), _took_ms(version))
    socket = evidence.find("docker-socket", "")
    return Contact(
        kind,
        _endpoint(socket),
        _of_docker(evidence, socket, version),
        _took_ms(version),
        _named(socket),
        _halted(evidence.find("engine-halted", "")),
        socket is None or "not asked" not in socket.text,
    )


def _endpoint(socket: Reading | None) -> str:
    """Return the socket as DOCKER_HOST has it.  The reading's text begins with it; one that cannot be asked stands in
    the reading's origin."""
    if socket is None:
        return ""
    if socket.outcome == "text":
        return socket.text.partition(" ")[0].strip()
    return socket.origin if "://" in socket.origin else f"unix://{socket.origin}"


def _took_ms(version: Reading | None) -> int | None:
    return version.took_ms if version is not None and version.outcome == "text" else None


def _of_podman(version: Reading | None) -> State:
    if version is None or version.outcome == "absent":
        return "stopped"
    return _told(version) or "unreachable"


def _of_docker(evidence: Evidence, socket: Reading | None, version: Reading | None) -> State:
    told = _told(version) if version is not None else None
    answers = any(_is_text(evidence.find(key, "")) for key in ("docker-info", "docker-containers"))
    if told and not (told == "unreadable" and answers):  # a proxy before the socket may refuse some questions
        return told
    if answers:
        return "answers"
    if _named(socket) and socket is not None and socket.outcome != "refused":
        return "unreachable"  # whether or not a daemon runs here, it is not the one that was meant
    if socket is not None and socket.outcome == "refused":
        return "unreadable"
    if _is_text(evidence.find("dockerd-cmdline", "")):
        return "unreachable"
    # Neither docker nor curl is there to ask a socket, or the socket is one of another machine or namespace.
    asked = version is not None and version.outcome != "absent"
    if (_is_text(socket) and not asked) or (socket is not None and "not asked" in socket.text):
        return "unreachable"
    return "stopped"


def _told(version: Reading) -> State | None:
    """Return what the answer to the question for the version tells; None where it failed for another reason."""
    if version.outcome == "text":
        return "answers"
    if version.outcome == "refused":
        return "unreadable"
    return "hung" if version.status in _TIMED_OUT else None


def _named(socket: Reading | None) -> str:
    """Return what names the endpoint; empty if it is that of the daemon found here."""
    said = _NAMED.search(socket.text) if socket is not None else None
    return said[1] if said else ""


def _halted(reading: Reading | None) -> tuple[tuple[int, str], ...]:
    if reading is None or reading.outcome != "text":
        return ()
    lines = (line.partition("\t") for line in reading.text.split("\n"))
    return tuple((int(pid), name) for pid, tab, name in lines if tab and pid.isdigit())


def _is_text(reading: Reading | None) -> bool:
    return reading is not None and reading.outcome == "text"
