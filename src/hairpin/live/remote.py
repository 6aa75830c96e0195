"""Probes from another machine, over the user's own ssh: its configuration, keys and agent, without an option of
hairpin's.

Nothing is installed there.  ``probe.sh`` goes to the standard input of a shell, and uses what that machine has:
python3, bash, nc, curl or ping.
"""

import ipaddress
import pkgutil
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator

from hairpin.errors import UsageError
from hairpin.judges.observation import ProbeAttempt, ProbeOutcome
from hairpin.live.probing import ProbeOrder
from hairpin.message import Message, message
from hairpin.network.prefix import Version

_LOGIN_S = 60.0
"""The time in seconds for the login, in which a person may have to type a password or confirm a key."""
_OF_PROBE_S = 3.0
_LINE = re.compile(r"hairpin-probe (answered|refused|silent|could-not-try) (-|[0-9.]+) (\d+)")
_ADDRESS = (
    'a=$(ip -o route get "$1" 2>/dev/null | sed -n "s/.* src \\([^ ]*\\).*/\\1/p"); '
    'set -- $SSH_CONNECTION; echo "hairpin-address ${a:-$3}"'
)
_OUTCOMES: dict[str, ProbeOutcome] = {
    "answered": "answered", "refused": "refused", "silent": "silent", "could-not-try": "could-not-try",
}  # fmt: skip


def refuse_destination(destination: str) -> None:
    """Raise UsageError if the value of ``--probe-from`` cannot be a destination of ssh."""
    if not destination or destination.startswith("-") or any(each.isspace() for each in destination):
        raise UsageError(
            message("--probe-from {value!r}: this is no destination of ssh; write USER@HOST", value=destination)
        )


def address_towards(destination: str, target: str) -> tuple[Version, int] | Message:
    """Return the address from which that machine sends to ``target``, as its own routes say, or as its ssh server was
    reached; or the reason why the machine cannot be asked."""
    command = shlex.join(("sh", "-c", _ADDRESS, "sh", target))
    try:
        done = subprocess.run(
            _ssh(destination, command), capture_output=True, text=True, check=False, timeout=_LOGIN_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return message("{host}: {reason}", host=destination, reason=_reason(error))
    found = re.search(r"^hairpin-address (\S+)$", done.stdout, re.MULTILINE)
    if found is None:
        return message("{host}: {reason}", host=destination, reason=_last(done.stderr) or f"ssh: {done.returncode}")
    try:
        address = ipaddress.ip_address(found[1].partition("%")[0])
    except ValueError:
        return message("{host}: {reason}", host=destination, reason=found[0])
    return (4 if address.version == 4 else 6), int(address)


def send_from(
    destination: str, order: ProbeOrder, meanwhile: Callable[[], None], in_child: Callable[[], None] | None = None
) -> tuple[str, tuple[ProbeAttempt, ...], Message | None]:
    """Send the probes from that machine; return the program that sent them, their outcomes, and the reason why there
    are fewer than wanted.  ``in_child``: called in ssh's process before ssh starts."""
    words = (order.address, str(order.port), str(order.count), order.protocol, str(order.first_sport))
    command = shlex.join(("sh", "-s", "--", *words))
    script = pkgutil.get_data("hairpin.live", "probe.sh") or b""
    try:
        process = subprocess.Popen(
            _ssh(destination, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=in_child,  # noqa: PLW1509 - the process has one thread
        )  # fmt: skip
    except OSError as error:
        return "", (), message("{host}: {reason}", host=destination, reason=_reason(error))
    with process:
        until = time.monotonic() + _LOGIN_S + _OF_PROBE_S * order.count
        first = True
        stdout, stderr = b"", b""
        while True:
            try:
                stdout, stderr = process.communicate(script if first else None, timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                first = False
                meanwhile()
                if time.monotonic() > until:
                    process.kill()
            except BrokenPipeError:
                continue
    text = stdout.decode("utf-8", "replace")
    attempts = tuple(_attempts(text))[: order.count]
    means = re.search(r"^hairpin-probe means (.*)$", text, re.MULTILINE)
    lacking = None
    if len(attempts) < order.count:
        reason = _last(stderr.decode("utf-8", "replace")) or f"ssh: {process.returncode}"
        lacking = message("{host}: {reason}", host=destination, reason=reason)
    elif means is not None and means[1] == "none":
        lacking = message(
            "{host}: none of python3, bash with timeout, nc, curl and ping is there for {protocol}",
            host=destination, protocol=order.protocol,
        )  # fmt: skip
    return means[1] if means is not None else "", attempts, lacking


def _ssh(destination: str, command: str) -> tuple[str, ...]:
    return ("ssh", "--", destination, command)


def _attempts(text: str) -> Iterator[ProbeAttempt]:
    for outcome, latency, sport in _LINE.findall(text):
        yield ProbeAttempt(_OUTCOMES[outcome], None if latency == "-" else float(latency), int(sport))


def _last(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _reason(error: OSError | subprocess.TimeoutExpired) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"ssh: {error.timeout:g} s"
    return error.strerror or str(error)
