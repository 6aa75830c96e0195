"""The log of a container of the fixture host, in which nothing listens."""

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.evidence.reading import CONTAINER_LOG, Reading, with_further
from hairpin.question.asked import Target
from hairpin.question.question import Question
from tests.report.answers import Replacement, evidence

FRONT = "5464c8b81505ec3f895472e940d7af077e2dad01caba6426d6e5f965cb38c4d9"
STARTED = "2026-11-20T07:19:24.430817091Z"
SILENT: tuple[Replacement, ...] = tuple(
    (f'tcp   LISTEN 0      9                  *:{port}               *:*    users:(("httpd",pid={pid},fd=3))  \n', "")
    for port, pid in ((80, 294), (81, 346))
)
"""Nothing listens in the container front, which publishes 8080."""
NAME = "dial tcp: lookup plain on 127.0.0.11:53: no such host"


def log(*lines: str, container: str = FRONT, at: str = "2026-11-20T07:20:0") -> Reading:
    text = "".join(f"{at}{number}.123456789Z {line}\n" for number, line in enumerate(lines))
    return Reading("e1", CONTAINER_LOG, "container:front", f"docker logs {container}", "t", 0, "text", text)


def asked(*readings: Reading) -> Answer:
    """Return the answer about 8080 of a host on which nothing listens there, with these readings."""
    return ask(Question("check", (Target(8080),)), (with_further(evidence(*SILENT), readings),))
