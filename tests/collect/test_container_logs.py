"""Which containers' logs a snapshot takes: of those that restart, or that have ended with an error."""

import json

from hairpin.collect.container_logs import MOST, log_word, of_failed
from hairpin.evidence.reading import Evidence, Reading
from tests.rows import each_row

ID = "ab12" * 16


def evidence(*states: dict[str, object], key: str = "docker-containers", origin: str = "GET /containers") -> Evidence:
    lines = "".join(f"{json.dumps({'Id': ID, 'Name': '/web', 'State': each})}\n" for each in states)
    return Evidence("s", "0", "t", "h", "k", (Reading("e1", key, "", origin, "t", 0, "text", lines),))


@each_row(
    ("status", "code", "taken"),
    (
        ("restarting", 1, True),
        ("restarting", 0, True),
        ("exited", 1, True),
        ("dead", 127, True),
        ("exited", 0, False),
        ("exited", 137, False),
        ("exited", 143, False),
        ("running", 1, False),
        ("paused", 1, False),
        ("created", 127, False),
    ),
)
def test_by_state(status: str, code: int, taken: bool) -> None:
    found = of_failed(evidence({"Status": status, "ExitCode": code}))
    assert found == ((f"docker/{ID}/web",) if taken else ())


def test_a_users_podman_is_named() -> None:
    origin = "runuser -u ann -- env HOME=/h podman inspect --type container x"
    failed = evidence({"Status": "exited", "ExitCode": 1}, key="podman-containers", origin=origin)
    assert of_failed(failed) == (f"podman.ann/{ID}/web",) == (log_word("podman", "ann", ID, "/web"),)


def test_no_more_than_the_limit_and_no_document_that_is_none() -> None:
    lines = "".join(
        f'{{"Id":"{n:064x}","Name":"/c{n}","State":{{"Status":"restarting","ExitCode":1}}}}\n' for n in range(MOST + 5)
    )
    reading = Reading("e1", "docker-containers", "", "GET", "t", 0, "text", f"no document\n{lines}")
    found = of_failed(Evidence("s", "0", "t", "h", "k", (reading,)))
    assert len(found) == MOST
    assert found[0].endswith("/c0")
