"""An alert for a program: it gets the document, and a program that hangs is killed with all that it started."""

import sys
from pathlib import Path

import pytest

from hairpin.guard.telling.command import deliver
from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert
from tests.waiting import wait_until

ALERT = ToldAlert(1000.0, "broke", "web1: 8080 is broken", b'{"kind": "broke"}')


def test_it_gets_the_document(tmp_path: Path) -> None:
    got = tmp_path / "got"
    deliver(("sh", "-c", f'cat > {got}; echo "$HAIRPIN_KIND: $HAIRPIN_SUMMARY" >> {got}'), ALERT)
    assert got.read_text() == '{"kind": "broke"}broke: web1: 8080 is broken\n'


def test_a_program_that_reads_nothing_is_no_error() -> None:
    deliver(("true",), ALERT._replace(document=b"x" * (1 << 20)))


@pytest.mark.parametrize(
    ("command", "said", "lasts"),
    (
        (("/nonexistent/program",), "/nonexistent/program could not be started: No such file or directory", True),
        (("sh", "-c", "exit 3"), "sh ended with status 3", False),
    ),
    ids=str,
)
def test_a_failure_is_told(command: tuple[str, ...], said: str, lasts: bool) -> None:
    with pytest.raises(DeliveryError, match=said) as error:
        deliver(command, ALERT)
    assert error.value.lasts is lasts


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    program = f"import os, time\nif os.fork(): open({str(child)!r}, 'w').write(str(os.getpid()))\ntime.sleep(1000)"
    with pytest.raises(DeliveryError, match="did not end within 2 s and was killed"):
        deliver((sys.executable, "-c", program), ALERT, limit_s=2.0)
    pid = child.read_text() if child.exists() else ""
    assert wait_until(lambda: not pid or not Path(f"/proc/{pid}").exists())
