"""What a guard keeps on a real host: who broke what and since when, a snapshot from before, and a full disk."""

import os
import signal
import subprocess

from tests.kernel.guarded_host import DROP, STATE, Document, alerts, document, guard, hairpin, inside, settled, sh
from tests.report.strict import errors
from tests.waiting import wait_until
from tests.whole import WHOLE

_SELF = "tests.kernel.test_guard_memory"


@WHOLE
def test_who_broke_it_and_since_when() -> None:
    inside(_SELF, "breaks_and_mends")


def breaks_and_mends() -> None:
    with guard():
        assert wait_until(settled)
        with subprocess.Popen(("nft", "-i"), stdin=subprocess.PIPE, bufsize=0) as culprit:  # it lives until it was seen
            assert culprit.stdin is not None
            culprit.stdin.write(f"{DROP}\n".encode())
            assert wait_until(lambda: len(alerts()) == 1)
            culprit.communicate(b"quit\n")
        (alert,) = alerts()
        assert errors(alert, "guard-alert-1.json") == []
        assert alert["kind"] == "broke"
        assert "8080/tcp must be reachable from lan is broken" in str(alert["summary"])
        assert "by nft (process " in str(alert["summary"])
        assert wait_until(settled)

        (cause,) = told(document("check", "8080", "--from", "lan", "--no-replica"))
        written = [each["at"] for each in alert["changes"] if each["part"] == "rules"]  # beside it links may settle
        assert [cause["since"]["not_before"], cause["since"]["not_after"]] == 2 * written
        assert alert["since"] == min(each["at"] for each in alert["changes"])
        (maker,) = cause["through"]
        assert maker["kind"] == "process"
        assert maker["name"].startswith("nft[")
        entries = document("story", "--since", "1h")["entries"]
        assert [each["by"]["name"] for each in entries if each["kind"] == "rules"] == [maker["name"]]

        status, said = hairpin("diff", "--last-good", "8080", "--from", "lan")
        assert (status, "tcp dport 8080 drop" in said) == (1, True)
        sh("nft delete table inet x")
        assert wait_until(lambda: [each["kind"] for each in alerts()] == ["broke", "mended"])


def told(answer: Document) -> list[Document]:
    return [each for each in answer["causes"] if each["severity"] == "blocking"]


@WHOLE
def test_a_change_that_breaks_nothing_is_kept_too_and_blames_nobody() -> None:
    inside(_SELF, "breaks_nothing")


def breaks_nothing() -> None:
    sh("ip link set lo up", f"nft '{DROP}'")  # before the guard began
    with guard():
        assert wait_until(settled)
        sh("nft add table inet harmless")
        assert wait_until(lambda: "the rules" in hairpin("guard", "history", "--changes")[1])
        (cause,) = told(document("check", "8080", "--from", "lan", "--no-replica"))
        assert (cause["since"], cause["through"]) == (None, None)


@WHOLE
def test_a_full_disk_and_a_kill() -> None:
    inside(_SELF, "fills_the_disk")


def fills_the_disk() -> None:
    with guard(size="1m") as running:
        full = STATE / "full"
        assert wait_until(settled)
        subprocess.run(("dd", "if=/dev/zero", f"of={full}", "bs=4k"), check=False, stderr=subprocess.DEVNULL)
        sh("nft add table inet first")
        assert said(running, "blind: no history is kept: /var/lib/hairpin/guard.db: ")
        full.unlink()
        sh("nft add table inet last")
        assert said(running, "the guard sees everything again")
        assert wait_until(settled)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        status, text = hairpin("guard", "status")
        assert (status, "No guard runs" in text) == (1, True)
        # What could not be written at first was written later.
        assert hairpin("guard", "history", "--changes")[1].count("the rules") == 2


def said(running: subprocess.Popen[str], words: str) -> bool:
    """Wait until the guard says these words on standard error."""
    assert running.stderr is not None
    return any(words in line for line in running.stderr)
