"""Delivers an alert to systemd's journal, by its own protocol: one datagram with fields.

Source: systemd, "Native Journal Protocol"; systemd.journal-fields(7)
"""

import struct
from collections.abc import Iterable
from pathlib import Path
from socket import AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, socket

from hairpin.guard.telling.told_alert import PRIORITIES, AlertKind, DeliveryError, ToldAlert

SOCKET = Path("/run/systemd/journal/socket")
_IDS: dict[AlertKind, str] = {
    "broke": "5f0a0d2e8a564a0f8c2f3f6c4a1b7d10", "mended": "5f0a0d2e8a564a0f8c2f3f6c4a1b7d11",
    "blind": "5f0a0d2e8a564a0f8c2f3f6c4a1b7d12", "sees": "5f0a0d2e8a564a0f8c2f3f6c4a1b7d13",
    "fight": "5f0a0d2e8a564a0f8c2f3f6c4a1b7d14",
}  # fmt: skip
"""MESSAGE_ID, by which `journalctl MESSAGE_ID=…` finds the alerts of one kind."""
_LONGEST = 16 * 1024
"""The greatest number of bytes of a field.  A datagram of a few of these fits into a socket's buffer."""
_WAIT_S = 2.0


def deliver(alert: ToldAlert, place: Path = SOCKET) -> None:
    """Send the alert to the journal.  Raises DeliveryError."""
    fields = (
        ("MESSAGE", alert.summary),
        ("PRIORITY", str(PRIORITIES[alert.kind])),
        ("SYSLOG_IDENTIFIER", "hairpin"),
        ("MESSAGE_ID", _IDS[alert.kind]),
        ("HAIRPIN_KIND", alert.kind),
        *alert.fields,
    )
    try:
        with socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC) as told:
            told.settimeout(_WAIT_S)
            told.connect(str(place))
            told.send(datagram(fields))
    except OSError as error:
        raise DeliveryError(
            f"the journal: {error.strerror or error}", lasts=isinstance(error, FileNotFoundError)
        ) from None


def datagram(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the fields as the journal reads them: with a length where a value has several lines."""
    parts: list[bytes] = []
    for name, value in fields:
        data = value.encode("utf-8", "backslashreplace")[:_LONGEST]
        if b"\n" in data:
            parts.append(name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n")
        else:
            parts.append(name.encode() + b"=" + data + b"\n")
    return b"".join(parts)
