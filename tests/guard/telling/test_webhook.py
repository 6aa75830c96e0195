"""An alert for a webhook: posted once, not sent elsewhere, and its address is in no error."""

import http.server
import threading
import traceback
from collections.abc import Iterator
from socket import socket

import pytest

from hairpin.expect.settings import Webhook
from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert
from hairpin.guard.telling.webhook import deliver

ALERT = ToldAlert(1000.0, "broke", "web1: 8080 is broken", b'{"kind": "broke"}')
SECRET = "T0KEN-S3CRET"  # noqa: S105 - a test's


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the last part of the path names, and keeps what was posted."""

    posted: list[tuple[str, bytes]] = []  # noqa: RUF012 - emptied by each test

    def do_POST(self) -> None:
        """Answer a POST."""
        self.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Location", "/elsewhere/200")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - its name in the standard library

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Answering.posted.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def hook(port: int, status: int) -> Webhook:
    return Webhook(f"http://127.0.0.1:{port}/{SECRET}/{status}", "127.0.0.1")


def test_it_is_posted(port: int) -> None:
    deliver(hook(port, 200), ALERT)
    assert Answering.posted == [(f"/{SECRET}/200", ALERT.document)]


@pytest.mark.parametrize(("status", "lasts"), ((500, False), (429, False), (404, True), (302, False)), ids=str)
def test_an_error_has_no_secret_and_a_redirection_is_not_followed(port: int, status: int, lasts: bool) -> None:
    with pytest.raises(DeliveryError, match=f"the webhook at 127.0.0.1 answered {status}") as error:
        deliver(hook(port, status), ALERT)
    assert error.value.lasts is lasts
    assert SECRET not in "".join(traceback.format_exception(error.value))
    assert len(Answering.posted) == 1


@pytest.mark.parametrize(
    "url",
    (f"http://127.0.0.1:1/{SECRET}", f"https://127.0.0.1:1/{SECRET}", f"http://127.0.0.1:99999/{SECRET}"),
    ids=str,
)
def test_what_cannot_be_reached(url: str) -> None:
    with pytest.raises(DeliveryError) as error:
        deliver(Webhook(url, "127.0.0.1"), ALERT)
    assert SECRET not in "".join(traceback.format_exception(error.value))
    assert SECRET not in repr(Webhook(url, "127.0.0.1"))


def test_a_webhook_that_never_answers() -> None:
    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(DeliveryError, match="it did not answer in time"):
            deliver(hook(silent.getsockname()[1], 200), ALERT, limit_s=0.2)
