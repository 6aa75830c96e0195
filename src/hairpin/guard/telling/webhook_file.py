"""Reads the file in which a person keeps the secret address of a webhook."""

import os
import stat

import msgspec

from hairpin.errors import MalformedError, UsageError
from hairpin.expect.settings import Alert, webhook_of
from hairpin.message import Message, message

_LONGEST = 4096


def require_webhook(alert: Alert) -> Alert:
    """Return the alert with the webhook that its file has.

    Raises UsageError, without any part of the address, if the file cannot be used."""
    if not alert.webhook_file:
        return alert
    address = _address_in(alert.webhook_file)
    try:
        return msgspec.structs.replace(alert, webhook=webhook_of(address))
    except MalformedError as error:
        raise UsageError(error.said) from None


def _address_in(path: str) -> str:
    """Return the first line of the file.  Others must not be able to read it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
            wrong = _wrong(path, os.fstat(descriptor))
            address = "" if wrong is not None else file.readline(_LONGEST).strip()
    except OSError as error:
        said = message("table alert: webhook-file {path} cannot be read: {reason}", path=path, reason=error.strerror)
        raise UsageError(said) from error
    if wrong is not None:
        raise UsageError(wrong)
    if not address:
        raise UsageError(message("table alert: webhook-file {path} is empty: its first line is the address", path=path))
    return address


def _wrong(path: str, status: os.stat_result) -> Message | None:
    if not stat.S_ISREG(status.st_mode):
        return message("table alert: webhook-file {path} is no file", path=path)
    if status.st_mode & 0o077:
        return message("table alert: webhook-file {path} is open to other users; run `chmod 600 {path}`", path=path)
    return None
