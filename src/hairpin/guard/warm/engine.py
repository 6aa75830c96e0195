"""What dockerd says of its containers and networks now, for comparison with what it said when the host was read.

All requests are sent at once, on one connection, and answered one after the other.  Source: RFC 9112, 9.3.2
"""

from collections.abc import Iterator
from socket import AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM, socket

import msgspec

_PATIENCE_S = 2.0
_AT_ONCE = 100
"""So many requests fit into the socket's buffer, so neither side waits for the other."""
_VOLATILE = frozenset((
    "SystemTime", "NFd", "NGoroutines", "NEventsListener", "Images", "DriverStatus", "Plugins", "ContainersPaused",
    "ContainersStopped",
))  # fmt: skip
"""Fields of /info that change by themselves, and that hairpin does not read."""


def engine_state(path: str) -> object:
    """Return what dockerd at a Unix socket says; two equal values mean an equal state.

    Raises OSError, ValueError or LookupError if it does not answer as expected."""
    with socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC) as engine:
        engine.settimeout(_PATIENCE_S)
        engine.connect(path)
        answers = _Answers(engine)
        version, info, networks, containers = answers.of(("/version", "/info", "/networks", "/containers/json?all=1"))
        told: dict[str, object] = msgspec.json.decode(info)
        kept = tuple((name, str(value)) for name, value in told.items() if name not in _VOLATILE)
        lists: tuple[list[dict[str, object]], ...] = tuple(map(msgspec.json.decode, (networks, containers)))
        places = tuple(f"/networks/{each['Id']}" for each in lists[0])
        inspected = tuple(f"/containers/{each['Id']}/json" for each in lists[1])
        # dockerd lists its networks in another order each time
        return version, kept, sorted(answers.of(places)), tuple(map(_without_log, answers.of(inspected)))


def _without_log(body: bytes) -> bytes:
    """Return what dockerd says of a container, of its health check the status alone: it runs by itself."""
    if b'"Health"' not in body:
        return body
    told = msgspec.json.decode(body)
    health = told["State"].get("Health")
    told["State"]["Health"] = health["Status"] if health else None
    return msgspec.json.encode(told)


class _Answers:
    """Reads the answers of one connection."""

    def __init__(self, engine: socket) -> None:
        self._engine = engine
        self._read = engine.makefile("rb")

    def of(self, paths: tuple[str, ...]) -> tuple[bytes, ...]:
        """Return the bodies of the answers to these requests."""
        return tuple(self._bodies(paths))

    def _bodies(self, paths: tuple[str, ...]) -> Iterator[bytes]:
        for at in range(0, len(paths), _AT_ONCE):
            some = paths[at : at + _AT_ONCE]
            self._engine.sendall(b"".join(f"GET {each} HTTP/1.1\r\nHost: docker\r\n\r\n".encode() for each in some))
            for _ in some:
                yield self._body()

    def _body(self) -> bytes:
        status = self._read.readline().split()[1]
        if status != b"200":
            raise ValueError(status)
        length: int | None = None
        while (line := self._read.readline().strip().lower()) != b"":
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
        if length is not None:
            return self._exactly(length)
        parts: list[bytes] = []
        while size := int(self._read.readline().split(b";")[0], 16):
            parts.append(self._exactly(size))
            self._read.readline()
        self._read.readline()
        return b"".join(parts)

    def _exactly(self, size: int) -> bytes:
        data = self._read.read(size)
        if len(data) != size:
            raise OSError("cut")
        return data
