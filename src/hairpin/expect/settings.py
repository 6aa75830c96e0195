"""The tables ``alert`` and ``guard`` of the file of expectations: whom a guard tells, and what it keeps.

The address of a webhook often has a token in it.  So no error and no log has the address: only the name of its host.
"""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import Message, message

ALERT, GUARD = "alert", "guard"
_LOOPBACK_NAME = "localhost"
_MOST_PORT = 65535
_MIB = 1024 * 1024


class Webhook(msgspec.Struct, frozen=True):
    """The address to which alerts are posted, a secret.  ``host``: the part of it that may be told."""

    url: str
    host: str

    def __repr__(self) -> str:
        """Return the webhook without its secret, for tracebacks and logs."""
        return f"Webhook({self.host!r})"


class Alert(msgspec.Struct, frozen=True):
    """One table ``alert``.  ``command``: a program with its arguments, which gets the document on its standard input.
    ``webhook_file``: the file with the webhook's address, which only a guard reads.  ``journal``: whether the alert
    goes to systemd's journal."""

    command: tuple[str, ...] = ()
    webhook: Webhook | None = None
    webhook_file: str = ""
    journal: bool = True


class GuardSettings(msgspec.Struct, frozen=True):
    """The table ``guard``.  ``metrics``: the loopback address and the port at which Prometheus asks.  ``metrics_file``:
    the file for node_exporter.  ``history_bytes``, ``history_s``: the greatest size and age of the history.
    ``snapshots``, ``snapshots_s``: the greatest number and age of the snapshots that the guard keeps."""

    metrics: tuple[str, int] | None = None
    metrics_file: str = ""
    history_bytes: int = 64 * _MIB
    history_s: float = 180 * 86400.0
    snapshots: int = 30
    snapshots_s: float = 30 * 86400.0


class AlertRow(msgspec.Struct, frozen=True):
    """One table ``alert`` as it is written."""

    command: tuple[str, ...] = ()
    webhook: str = ""
    webhook_file: str = msgspec.field(default="", name="webhook-file")
    journal: bool = True


class GuardRow(msgspec.Struct, frozen=True):
    """The table ``guard`` as it is written."""

    metrics: str = ""
    metrics_file: str = msgspec.field(default="", name="metrics-file")
    history_mib: int = msgspec.field(default=64, name="history-mib")
    history_days: int = msgspec.field(default=180, name="history-days")
    snapshots: int = 30
    snapshot_days: int = msgspec.field(default=30, name="snapshot-days")


def alerts_in(rows: list[dict[str, object]]) -> Iterator[Alert]:
    """Yield the alerts of the tables.  Raises MalformedError without any part of a webhook's address."""
    for row in msgspec.convert(rows, list[AlertRow]):
        if row.webhook and row.webhook_file:
            raise MalformedError(message("table alert has webhook and webhook-file: write one of them"))
        if row.command and not row.command[0]:
            raise MalformedError(message("table alert: the first word of command is empty; it names a program"))
        yield Alert(row.command, webhook_of(row.webhook) if row.webhook else None, row.webhook_file, row.journal)


def settings_in(rows: list[dict[str, object]]) -> GuardSettings:
    """Return the guard's settings.  Raises MalformedError."""
    row = msgspec.convert(rows[0] if rows else {}, GuardRow)
    for name, number in (
        ("history-mib", row.history_mib), ("history-days", row.history_days), ("snapshot-days", row.snapshot_days),
    ):  # fmt: skip
        if number < 1:
            raise MalformedError(message("table guard: {key} cannot be {value}: write 1 or more", key=name,
                                         value=number))  # fmt: skip
    if row.snapshots < 0:
        raise MalformedError(message("table guard: {key} cannot be {value}: write 0 or more", key="snapshots",
                                     value=row.snapshots))  # fmt: skip
    if row.metrics_file and not (row.metrics_file.startswith("/") and row.metrics_file.endswith(".prom")):
        said = message("table guard: metrics-file {file!r} has to be a whole path that ends with .prom: node_exporter "
                       "reads no other file", file=row.metrics_file)  # fmt: skip
        raise MalformedError(said)
    return GuardSettings(
        _metrics(row.metrics) if row.metrics else None, row.metrics_file, row.history_mib * _MIB,
        row.history_days * 86400.0, row.snapshots, row.snapshot_days * 86400.0,
    )  # fmt: skip


def _metrics(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = int(port) if port.isascii() and port.isdecimal() else -1
    if not colon or not 0 < number <= _MOST_PORT:
        raise MalformedError(message("table guard: metrics {text!r} is no address with a port, such as 127.0.0.1:9179",
                                     text=text))  # fmt: skip
    if host == _LOOPBACK_NAME:
        return "127.0.0.1", number
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        said = message(
            "table guard: metrics {text!r}: only this host may ask, because the metrics name its containers and need "
            "no password; write 127.0.0.1:{port} or [::1]:{port}, or use metrics-file",
            text=text, port=number,
        )  # fmt: skip
        raise MalformedError(said)
    return host, number


def webhook_of(url: str) -> Webhook:
    """Return the webhook.  Raises MalformedError, which has no part of the address and is chained to no error that has
    it."""
    host = ""
    scheme = ""
    try:
        parts = urlsplit(url)
        scheme, host, _ = parts.scheme, parts.hostname or "", parts.port
        is_printable = url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        is_printable = False
    if not is_printable or not host or scheme not in ("http", "https"):
        raise MalformedError(_WRONG) from None
    if scheme == "http" and not _is_near(host):
        raise MalformedError(_OPEN) from None
    return Webhook(url, host)


_WRONG: Message = message(
    "table alert: webhook is no address that starts with https:// (it may be a secret, so it is not printed)"
)
_OPEN: Message = message(
    "table alert: webhook starts with http://, so everybody on the way can read it; write https://, or the address of "
    "a machine in a private network"
)


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == _LOOPBACK_NAME
