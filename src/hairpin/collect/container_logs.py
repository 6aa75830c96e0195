"""The containers whose last lines are read (``collect.sh --traces log=…``), as the collector's words."""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence, Reading

MOST = 10
"""The greatest number of containers of a host whose lines are read."""
_STOPPED = (0, 137, 143)
"""Exit statuses after ``docker stop``: the program has ended by itself, by SIGKILL or by SIGTERM."""
_KEYS = ("docker-containers", "podman-containers")


def log_word(engine: str, user: str, container_id: str, name: str) -> str:
    """Return the word that names a container.  ``user``: the user whose engine has the container; empty for the
    engine of the user who reads the host, or of root."""
    return f"{engine}{f'.{user}' if user else ''}/{container_id}/{name.removeprefix('/')}"


def of_failed(evidence: Evidence) -> tuple[str, ...]:
    """Return the words for the containers that restart again and again, or that have ended with an error; the newest
    ones, at most :data:`MOST`."""
    found = (word for key in _KEYS for reading in evidence.all(key) for word in _words_of(reading))
    return tuple(dict.fromkeys(found))[:MOST]


class _State(msgspec.Struct, rename="pascal"):
    status: str | None = None
    exit_code: int | None = None


class _Failed(msgspec.Struct, rename="pascal"):
    id: str
    name: str
    state: _State = msgspec.field(default_factory=_State)


def _words_of(reading: Reading) -> Iterator[str]:
    words = reading.origin.split()
    user = words[2] if words[:2] == ["runuser", "-u"] else ""
    for line in reading.text.splitlines() if reading.outcome == "text" else ():
        try:
            each = msgspec.json.decode(line.encode("utf-8", "replace"), type=_Failed)
        except msgspec.DecodeError:
            continue  # the parser of the containers reports it
        running = each.state.status in ("running", "paused", "created")
        if each.state.status == "restarting" or (not running and (each.state.exit_code or 0) not in _STOPPED):
            yield log_word(reading.key.partition("-")[0], user, each.id, each.name)
