"""Starts ``collect.sh`` on this host or over ssh, and returns its output.

No file is installed or left on the host.  The script is sent to the standard input of a shell, and its output comes
back on standard output.  ``apply/program`` sends its program to another host in the same way.
"""

import os
import pkgutil
import selectors
import shlex
import subprocess
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Protocol

import msgspec

from hairpin import __version__
from hairpin.collect.frames import parse
from hairpin.errors import CollectError
from hairpin.evidence.reading import Evidence
from hairpin.message import Message, message

_LIMIT_S = 90.0
_LIMIT_BYTES = 256 * 1024 * 1024
_CHUNK = 1 << 16
_LOOK_S = 0.2
"""The interval in seconds at which the thread of a running script checks whether an interrupt has arrived."""
_END_S = 5.0
"""The time in seconds that a script has to end after SIGTERM."""
_interrupted = threading.Event()


@contextmanager
def stopped_by_interrupt() -> Generator[None]:
    """Let an interrupt during the block stop the scripts that other threads run.  The interrupt itself reaches only the
    main thread."""
    _interrupted.clear()
    try:
        yield
    except KeyboardInterrupt:
        _interrupted.set()
        raise


class Answer(msgspec.Struct, frozen=True):
    """The exit status and the output of one run of the script."""

    status: int
    stdout: bytes
    stderr: bytes


class Runner(Protocol):
    """Runs a POSIX shell script on a host.  ``name`` is the host's name in messages."""

    @property
    def name(self) -> str: ...

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        """Return the answer of ``sh -s -- arguments`` with the script on standard input; raise CollectError."""
        ...


class Shell(Protocol):
    """Runs a short shell text as root on a host, with more input on standard input."""

    @property
    def name(self) -> str: ...

    def talk(self, text: str, words: tuple[str, ...], data: bytes, limit_s: float) -> Answer:
        """Return the answer of ``sh -c text hairpin words CONNECTION``; raise CollectError.  CONNECTION is ssh's
        connection; empty without ssh."""
        ...


class LocalRunner(msgspec.Struct, frozen=True):
    """Runs scripts on this host, in the namespaces and with the rights of this process.  If ``environment`` is None,
    the scripts get the environment of this process."""

    shell: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] | None = None
    limit_s: float = _LIMIT_S

    @property
    def name(self) -> str:
        return "this host"

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        from hairpin.collect.image import require_host  # noqa: PLC0415 - a snapshot is read on any machine

        require_host()
        environment = None if self.environment is None else dict(self.environment)
        return _exchange(
            (*(self.shell or (_shell(),)), "-s", "--", *arguments), script, self.name, self.limit_s, environment
        )

    def talk(self, text: str, words: tuple[str, ...], data: bytes, limit_s: float) -> Answer:
        environment = None if self.environment is None else dict(self.environment)
        argv = (*(self.shell or (_shell(),)), "-c", text, "hairpin", *words, "")
        return _exchange(argv, data, self.name, limit_s, environment)


def _shell() -> str:
    """Return the shell of this machine: the shell on the path, or otherwise /bin/sh, where POSIX systems have it."""
    folders = (*os.get_exec_path(), "/bin")
    return next((found for each in folders if os.access(found := os.path.join(each, "sh"), os.X_OK)), "sh")  # noqa: PTH118


class SshRunner(msgspec.Struct, frozen=True):
    """Runs scripts on a host over ssh, as root or through ``sudo -n``.  ssh never prompts: only keys and agents
    authenticate.  ``destination``: ``user@host`` or a name of ``~/.ssh/config``.
    """

    destination: str
    options: tuple[str, ...] = ()
    limit_s: float = _LIMIT_S

    @property
    def name(self) -> str:
        return self.destination

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        answer = self._over_ssh(_remote_command(arguments), script, self.limit_s)
        if answer.status != 0 and b"hairpin-collect/1 " not in answer.stdout:
            raise CollectError(message("{name}: {reason}", name=self.name, reason=_why_ssh_failed(answer)))
        return answer

    def talk(self, text: str, words: tuple[str, ...], data: bytes, limit_s: float) -> Answer:
        call = f'{shlex.join(("sh", "-c", text, "hairpin", *words))} "$SSH_CONNECTION"'
        answer = self._over_ssh(_as_root(call), data, limit_s)
        if answer.status != 0 and not answer.stdout:
            raise CollectError(message("{name}: {reason}", name=self.name, reason=_why_ssh_failed(answer)))
        return answer

    def _over_ssh(self, command: str, data: bytes, limit_s: float) -> Answer:
        if self.destination.startswith("-") or not self.destination:
            raise CollectError(
                message("{destination!r} is not an ssh destination; write USER@HOST", destination=self.destination)
            )
        ssh = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *self.options, "--", self.destination)
        return _exchange((*ssh, command), data, self.name, limit_s, None)


def collect(
    runner: Runner,
    *,
    root: str | None = None,
    docker_host: str | None = None,
    only: tuple[str, ...] = (),
    traces: tuple[str, ...] = (),
    asks_sets: bool = False,
) -> Evidence:
    """Return the host's present evidence.

    ``root``: read configuration files under this directory instead of ``/``.  ``docker_host``: a value as in
    DOCKER_HOST; the default is DOCKER_HOST itself.  ``only``: words such as ``port=8151``, ``name=web``,
    ``address=172.17.0.2``; only containers that match one of these words are entered.  If ``only`` is empty, all
    containers are entered.  ``traces``: words such as ``all``, ``since=1795046951``, ``key=units``; if given, the
    host's logs and file times are read instead of its state.  ``asks_sets``: whether sets of nftables that take long to
    list are left out.  The caller then asks whether these sets contain single addresses.  Raises CollectError.  A
    refusal by the host, or the absence of a thing, is a reading, too, and no error.
    """
    return evidence_of_run(
        runner, words_of(root=root, docker_host=docker_host, only=only, traces=traces, asks_sets=asks_sets)
    )


def words_of(
    *,
    root: str | None = None,
    docker_host: str | None = None,
    only: tuple[str, ...] = (),
    traces: tuple[str, ...] = (),
    asks_sets: bool = False,
) -> tuple[str, ...]:
    """Return the arguments of the script; see :func:`collect`."""
    return (
        *(("--root", root) if root else ()),
        *(("--only", " ".join(only)) if only else ()),
        *(("--traces", " ".join(traces)) if traces else ()),
        *(("--docker-host", docker_host) if docker_host else ()),
        *(("--long-sets", "ask") if asks_sets else ()),
    )


def evidence_of_run(runner: Runner, arguments: tuple[str, ...]) -> Evidence:
    """Return the evidence that one run of the script with these arguments prints; raise CollectError."""
    answer = runner.run(script(), arguments)
    if not answer.stdout:
        raise CollectError(
            message(
                "{name}: the collector printed nothing (exit status {status}): {said}",
                name=runner.name,
                status=answer.status,
                said=_first_line(answer.stderr),
            )
        )
    return parse(answer.stdout, hairpin=__version__, source=runner.name)


@cache
def script() -> bytes:
    """Return ``collect.sh`` as it is shipped.  The file ``collect.sh`` is read only once, because it may be deleted
    later."""
    data = pkgutil.get_data("hairpin.collect", "collect.sh")
    assert data is not None
    return data


def _remote_command(arguments: tuple[str, ...]) -> str:
    """Return the command line that runs ``sh`` as root, or through ``sudo -n``.  Every login shell understands this
    command line."""
    call = shlex.join(("-s", "--", *arguments))
    # sudo keeps neither the environment variables nor the home directory.
    asked = (
        '${DOCKER_HOST:+--docker-host "$DOCKER_HOST"} ${DOCKER_CONTEXT:+--docker-context "$DOCKER_CONTEXT"} '
        '--docker-config "${DOCKER_CONFIG:-$HOME/.docker}"'
    )
    return _as_root(f"sh {call} {asked}")


def _as_root(call: str) -> str:
    inner = f'if [ "$(id -u)" = 0 ]; then exec {call}; else exec sudo -n {call}; fi'
    return f"exec sh -c {shlex.quote(inner)}"


def _why_ssh_failed(answer: Answer) -> Message:
    """Return why ssh, or sudo on the other host, did not run the script."""
    said = answer.stderr.decode("utf-8", "replace")
    hints = (
        (
            "Host key verification failed",
            message("the host key of the ssh server is unknown or has changed; connect once with ssh and check it"),
        ),
        ("Permission denied (", message("ssh login failed; load a key with ssh-add, or name the right user")),
        ("Could not resolve hostname", message("the host name is unknown; check it, or use the address")),
        ("timed out", message("no answer within 10 s; check the address and whether port 22 is open")),
        ("Connection refused", message("nothing listens on the ssh port there")),
        (
            "a password is required",
            message("sudo asks for a password; log in as root, or allow sudo without a password"),
        ),
        (
            "is not in the sudoers file",
            message("this user may not use sudo; log in as root, or as a user who may use it"),
        ),
        ("sudo: not found", message("sudo is not installed there; log in as root")),
        ("sudo: command not found", message("sudo is not installed there; log in as root")),
    )
    for words, hint in hints:
        if words in said:
            return message("{hint} ({said})", hint=hint, said=_line_with(said, words))
    return message("ssh ended with status {status}: {said}", status=answer.status, said=_first_line(answer.stderr))


def _line_with(said: str, words: str) -> str:
    return next(line.strip() for line in said.splitlines() if words in line)


def _first_line(stderr: bytes) -> Message | str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else message("no message")


def _exchange(
    argv: tuple[str, ...], script: bytes, name: str, limit_s: float, environment: Mapping[str, str] | None
) -> Answer:
    """Run ``argv`` with the script on standard input.  The script is written while the output is read.  Therefore
    neither hairpin nor the script's shell waits for the other."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise CollectError(
            message(
                "{name}: {command} is not installed here; install it to collect from {name}", name=name, command=argv[0]
            )
        ) from error
    except OSError as error:
        raise CollectError(
            message("{name}: {command} does not start: {reason}", name=name, command=argv[0], reason=error.strerror)
        ) from error
    with process:
        try:
            stdout, stderr = _pump(process, script, name, time.monotonic() + limit_s)
            return Answer(process.wait(), stdout, stderr)
        finally:
            if process.poll() is None:
                _stop(process)


def _pump(process: subprocess.Popen[bytes], script: bytes, name: str, deadline: float) -> tuple[bytes, bytes]:
    """Return standard output and standard error; raise CollectError if the deadline or the size limit is exceeded."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    collected: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    left = memoryview(script)
    with selectors.DefaultSelector() as selector:
        os.set_blocking(process.stdin.fileno(), False)
        selector.register(process.stdin, selectors.EVENT_WRITE, "stdin")
        selector.register(process.stdout, selectors.EVENT_READ, "stdout")
        selector.register(process.stderr, selectors.EVENT_READ, "stderr")
        while selector.get_map():
            ready = selector.select(min(_LOOK_S, max(0.0, deadline - time.monotonic())))
            if _interrupted.is_set():
                raise CollectError(message("{name}: interrupted", name=name))
            if not ready and time.monotonic() < deadline:
                continue
            if not ready:
                raise CollectError(
                    message(
                        "{name}: the answer was not complete in time; a command of the collector may hang there",
                        name=name,
                    )
                )
            for key, _ in ready:
                if key.data == "stdin":
                    left = _feed(process, left)
                    if not left:
                        selector.unregister(key.fileobj)
                        process.stdin.close()
                    continue
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                collected[key.data] += chunk
                if len(collected[key.data]) > _LIMIT_BYTES:
                    raise CollectError(
                        message(
                            "{name}: the answer is longer than {mib} MiB; refused", name=name, mib=_LIMIT_BYTES >> 20
                        )
                    )
    return bytes(collected["stdout"]), bytes(collected["stderr"])


def _feed(process: subprocess.Popen[bytes], left: memoryview) -> memoryview:
    """Write as many bytes as the pipe accepts, and return the rest.  If the process has ended, return no rest; the
    process's own message says why it ended."""
    assert process.stdin is not None
    try:
        return left[os.write(process.stdin.fileno(), left) :]
    except BrokenPipeError:
        return left[:0]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the script by SIGTERM, so that the script can remove its temporary directory.  If the script does not end
    within ``_END_S``, end it by SIGKILL.

    The pipes are closed before, because a command of the script that waits for room in a full pipe would delay its
    end."""
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
