"""Commands in processes of their own."""

import json
import os
from pathlib import Path

import anyio
import pytest

from hairpin.cli.tools.running import Ran, run_command
from tests.waiting import wait_until

SNAPSHOT = str(Path(__file__).parents[2] / "fixtures" / "hosts" / "eth0-forwarding.hairpin")


def run(*words: str, fed: str | None = None) -> Ran:
    return anyio.run(run_command, words, fed)


def test_text_and_document_come_from_one_run() -> None:
    ran = run("check", "--no-replica", f"--snapshot={SNAPSHOT}", "--", "8151")
    assert ran.status == 1
    assert "interface-forwarding-off" in ran.text
    assert json.loads(ran.document)["causes"][0]["id"] == "interface-forwarding-off"
    assert ran.said == ""


def test_a_text_is_fed() -> None:
    ran = run("explain", f"--snapshot={SNAPSHOT}", "--", "-", fed="iptables: No chain/target/match by that name.\n")
    assert json.loads(ran.document)["found"][0]["quote"]


def test_an_error_has_no_document() -> None:
    ran = run("check", f"--snapshot={SNAPSHOT}", "--", "nobody")
    assert (ran.status, ran.text, ran.document) == (2, "", b"")
    assert ran.said.startswith("hairpin: ")


def test_modules_of_the_present_folder_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs as root in another user's folder must not run that user's code."""
    (tmp_path / "msgspec.py").write_text("raise SystemExit(77)", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("explain", "--", "ip-forward-off").status == 0


def slow_ssh(folder: Path) -> Path:
    """Make an ssh that writes down its process and does not end; return the file with the process's number."""
    pid = folder / "pid"
    (folder / "ssh").write_text(f"#!/bin/sh\necho $$ > {pid}.new; mv {pid}.new {pid}\nexec sleep 300\n", "utf-8")
    (folder / "ssh").chmod(0o755)
    return pid


def wait_until_gone(process: int) -> bool:
    return wait_until(lambda: not Path(f"/proc/{process}").exists())


def test_a_cancelled_command_ends_with_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = slow_ssh(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def cancelled() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(run_command, ("check", "--host=root@web1", "--", "8151"), None)
            while not pid.exists():  # noqa: ASYNC110 - another process makes it
                await anyio.sleep(0.05)
            group.cancel_scope.cancel()

    anyio.run(cancelled)
    assert wait_until_gone(int(pid.read_text("ascii")))
