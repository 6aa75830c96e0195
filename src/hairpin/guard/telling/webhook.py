"""Delivers an alert to a webhook: POST of the JSON document.

The address may have a token in it.  So no error has the address, no exception is chained to one that has it, and a
redirection is not followed: it would carry the document to another machine.
"""

import ssl
from http.client import HTTPException
from typing import IO

from hairpin import __version__
from hairpin.expect.settings import Webhook
from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert

LIMIT_S = 10.0
"""How long one answer may take, in seconds."""
_LASTING = frozenset((400, 401, 403, 404, 405, 410, 413, 415, 422))
"""The statuses of HTTP that another attempt does not change."""


def deliver(webhook: Webhook, alert: ToldAlert, limit_s: float = LIMIT_S) -> None:
    """Post the document.  Raises DeliveryError."""
    # Imported here, because most guards have no webhook.
    from email.message import Message  # noqa: PLC0415
    from urllib.error import HTTPError, URLError  # noqa: PLC0415
    from urllib.request import HTTPRedirectHandler, Request, build_opener  # noqa: PLC0415

    class Stay(HTTPRedirectHandler):
        """Follows no redirection."""

        def redirect_request(
            self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
        ) -> None:
            """Return nothing, so that the answer is an error."""
            del req, fp, code, msg, headers, newurl

    headers = {"Content-Type": "application/json", "User-Agent": f"hairpin/{__version__}"}
    place = f"the webhook at {webhook.host}"
    try:
        request = Request(webhook.url, alert.document, headers, method="POST")  # noqa: S310 - http or https, as checked
        with build_opener(Stay()).open(request, timeout=limit_s) as answer:
            answer.read(1024)
    except HTTPError as error:
        error.close()
        raise DeliveryError(f"{place} answered {error.code}", lasts=error.code in _LASTING) from None
    except URLError as error:
        raise DeliveryError(f"{place}: {_reason(error.reason)}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise DeliveryError(f"{place}: {_reason(error)}") from None


def _reason(error: object) -> str:
    """Return what happened, without the texts of libraries that may quote the address."""
    match error:
        case ssl.SSLCertVerificationError():
            return error.verify_message
        case TimeoutError():
            return "it did not answer in time"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return type(error).__name__
