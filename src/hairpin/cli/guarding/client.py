"""Asks the guard that runs on this host for the answer, before anything is imported that answering needs.

The guard has read the host already.  Whatever is unusual is left to this process: a host that the user names, a file,
an engine somewhere else, an option that is not known here, a guard that refuses or hangs.  Then there is no answer,
and nothing was written.

Imports modules that Python has loaded anyway, or has built in.

    request := length:u32 field ("\\0" field)*
    fields  := SCHEMA version place encoding columns home path (NAME=VALUE)* "" word*
    reply   := "W" length:u32 ("N" reason | "A" status:u8 length:u32 output errors)

The guard sends ``W`` at once, and the rest when it has the answer.  Source: unix(7), SO_PEERCRED
"""

import os
import sys
from _socket import AF_UNIX, SO_PEERCRED, SOCK_STREAM, SOL_SOCKET, socket
from _struct import Struct

TYPE_CHECKING = False  # the module typing takes as long to import as this client takes to ask
if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET = "/run/hairpin/guard.sock"
SCHEMA = "hairpin.warm/1"
ANSWERED = ("check", "events", "explain", "walk")
"""The commands that a guard answers.  The first one is that of a call without a command."""
OTHERS = frozenset((
    "ask", "demo", "diff", "expect", "fix", "guard", "lab", "mcp", "plugin", "prove", "restore", "snapshot", "story",
    "undo",
))  # fmt: skip
_FLAGS = frozenset(("--json", "-v", "--verbose", "--no-replica", "--no-traces", "--brief", "--nagios", "--all"))
_WITH_VALUE = frozenset(("--from", "--after", "--size", "--public", "--lang", "--color"))
PASSED = ("LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "NO_COLOR", "TERM", "COLUMNS", "TZ")
"""The environment variables that decide how an answer looks."""
_ELSEWHERE = ("DOCKER_", "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_", "HAIRPIN_", "_HAIRPIN_")
"""How environment variables begin that name another engine, or another way of working."""
_OF_USER = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
LENGTH = Struct("=I")
PEER = Struct("=iII")
"""struct ucred: process, user and group."""
ACCEPT_S, ANSWER_S = 2.0, 30.0
"""How long the guard has to accept a question, and to answer it, in seconds."""
LONGEST = 1 << 26


class Unanswered(Exception):  # noqa: N818 - no error: the command answers by itself
    """There is no answer of a guard.  ``reason``: a word of ``unanswered.py``; empty if there is nothing to tell."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


def answer_of_guard(arguments: list[str]) -> int:
    """Write the guard's answer to the command line, and return the exit status; raise Unanswered."""
    words = words_asked(arguments)
    if words is None or not _is_usual(os.environ):
        raise Unanswered
    from hairpin import __version__

    output = sys.stdout
    if output is None or sys.stderr is None:
        raise Unanswered
    environment = [f"{name}={os.environ[name]}" for name in PASSED if name in os.environ]
    columns = str(os.get_terminal_size(output.fileno()).columns) if output.isatty() else ""
    fields = (
        SCHEMA, __version__, place(), output.encoding or "ascii", columns, os.environ.get("HOME", ""),
        os.environ.get("PATH", ""), *environment, "", *words,
    )  # fmt: skip
    status, said, complained = _ask("\0".join(fields).encode("utf-8", "surrogateescape"))
    _write(1, said)
    _write(2, complained)
    return status


def words_asked(arguments: list[str]) -> tuple[str, ...] | None:
    """Return the command's words, the command first; None if a guard does not answer this command line."""
    plain: list[str] = []
    is_value = False
    for word in arguments:
        if is_value:
            is_value = False
        elif word in _WITH_VALUE:
            is_value = True
        elif word.startswith("-"):
            if word not in _FLAGS and word.partition("=")[0] not in _WITH_VALUE:
                return None
        else:
            plain.append(word)
    if is_value or "\0" in "".join(arguments):
        return None
    if not OTHERS.union(ANSWERED).intersection(plain[:1]):
        return None if OTHERS.union(ANSWERED).intersection(plain) else (ANSWERED[0], *arguments)
    if plain[0] in OTHERS or arguments[0] != plain[0]:
        return None
    if plain[0] == "explain" and len(plain) == 1:  # the text is on standard input
        return None
    return tuple(arguments)


def _is_usual(variables: "Mapping[str, str]") -> bool:
    """Return whether this process would read the engines of this host, as the guard does."""
    if any(name.startswith(_ELSEWHERE) for name in variables) or any(name in variables for name in _OF_USER):
        return False
    own = f"/run/user/{os.geteuid()}"
    if variables.get("XDG_RUNTIME_DIR", own) != own:
        return False
    homes = [variables.get("HOME", "/root")]
    if "SUDO_USER" in variables:
        homes.append(os.path.expanduser(f"~{variables['SUDO_USER']}"))  # noqa: PTH111 - pathlib is not loaded yet
    return not any(_names_context(f"{each}/.docker/config.json") for each in homes)


def _names_context(path: str) -> bool:
    """Return whether a configuration file of docker may name the daemon that is asked."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is not loaded yet
            return b"currentContext" in file.read()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def place() -> str:
    """Return what says where a process is: its namespaces, and its root folder."""
    try:
        spaces = (os.stat(f"/proc/self/ns/{each}").st_ino for each in ("net", "pid", "user", "uts"))  # noqa: PTH116
        root = os.stat("/")  # noqa: PTH116
    except OSError:
        raise Unanswered from None
    return " ".join(map(str, (*spaces, root.st_dev, root.st_ino)))


def _ask(request: bytes) -> tuple[int, bytes, bytes]:
    guard = socket(AF_UNIX, SOCK_STREAM)
    try:
        reply = _reply(guard, request)
    except FileNotFoundError:
        raise Unanswered from None
    except TimeoutError:
        raise Unanswered("hangs") from None
    except OSError:
        raise Unanswered("refused") from None
    finally:
        guard.close()
    if reply[:1] != b"A":
        raise Unanswered(reply[1:].decode("ascii", "replace") or "refused")
    (written,) = LENGTH.unpack_from(reply, 2)
    return reply[1], reply[6 : 6 + written], reply[6 + written :]


def _reply(guard: socket, request: bytes) -> bytes:
    guard.settimeout(ACCEPT_S)
    guard.connect(SOCKET)
    if PEER.unpack(guard.getsockopt(SOL_SOCKET, SO_PEERCRED, PEER.size))[1] not in (0, os.geteuid()):
        raise PermissionError
    guard.sendall(LENGTH.pack(len(request)) + request)
    if guard.recv(1) != b"W":
        raise ConnectionError
    guard.settimeout(ANSWER_S)
    (length,) = LENGTH.unpack(bytes_from(guard, LENGTH.size))
    return bytes_from(guard, length)


def bytes_from(connection: socket, length: int) -> bytes:
    """Return so many bytes; raise OSError if the other side ends before, or if there are too many."""
    if length > LONGEST:
        raise OSError("too long")
    found = bytearray()
    while len(found) < length:
        data = connection.recv(min(length - len(found), 1 << 16))
        if not data:
            raise OSError("cut")
        found += data
    return bytes(found)


def _write(descriptor: int, data: bytes) -> None:
    """Write all of it.  As a command's own output, it ends the process if nobody reads it."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BrokenPipeError:
            os._exit(141)
