"""``hairpin mcp``, asked by the protocol's own client."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import ClientSession, MCPError, StdioServerParameters, stdio_client

from hairpin.cli.tools.catalogue import BY_NAME, TOOLS
from tests.cli.tools.test_running import slow_ssh, wait_until_gone
from tests.report.strict import errors
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[3]
HOSTS = ROOT / "tests" / "fixtures" / "hosts"
BROKEN, HEALTHY = str(HOSTS / "eth0-forwarding.hairpin"), str(HOSTS / "none.hairpin")
ENVIRONMENT = {"PYTHONPATH": str(ROOT / "src"), "LC_ALL": "C.UTF-8"}
CALLS: dict[str, tuple[dict[str, Any], str, str]] = {
    "check": ({"targets": ["8151"], "no_replica": True}, "cause[interface-forwarding-off]", "report-1.json"),
    "walk": ({"target": "8151", "from": "192.0.2.10"}, "net.ipv4.conf.eth0.forwarding = 0", "walk-1.json"),
    "explain": ({"text": "iptables: No chain/target/match by that name."}, "No chain", "explain-1.json"),
    "events": ({"targets": ["8151"]}, "docker-stop", "events-1.json"),
    "diff": ({"snapshots": [HEALTHY, BROKEN], "targets": ["8151"], "no_replica": True}, "forwarding", "diff-1.json"),
    "story": ({}, "", "story-1.json"),
}
"""What is asked about the broken host, a text of the answer, and the schema of its document."""


@asynccontextmanager
async def session(*options: str, **variables: str) -> AsyncGenerator[ClientSession]:
    """Yield a session with a server that reads the files of the recorded hosts."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "hairpin", "mcp", "--files", str(HOSTS), *options],
        env=ENVIRONMENT | variables,
    )
    async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as one:
        await one.initialize()
        yield one


def with_session(work: Callable[[ClientSession], Awaitable[None]], *options: str, **variables: str) -> None:
    async def run() -> None:
        async with session(*options, **variables) as one:
            await work(one)

    anyio.run(run)


async def call(one: ClientSession, tool: str, arguments: dict[str, Any]) -> types.CallToolResult:
    answer = await one.call_tool(tool, arguments)
    assert isinstance(answer, types.CallToolResult)
    return answer


def text_of(answer: types.CallToolResult) -> str:
    return "\n".join(each.text for each in answer.content if isinstance(each, types.TextContent))


def test_the_tools_say_that_they_only_read() -> None:
    async def work(one: ClientSession) -> None:
        listed = (await one.list_tools()).tools
        assert [each.name for each in listed] == [each.name for each in TOOLS]
        for each in listed:
            assert each.annotations is not None
            assert each.annotations.read_only_hint is True
            assert each.annotations.destructive_hint is False
            assert "read" in (each.description or "").lower()

    with_session(work)


def test_each_tool_answers_about_a_recorded_host() -> None:
    async def work(one: ClientSession) -> None:
        ref = ""
        for tool, (arguments, said, schema) in CALLS.items():
            answer = await call(one, tool, {"snapshots": [BROKEN]} | arguments)
            assert not answer.is_error, text_of(answer)
            assert said in text_of(answer)
            document = dict(answer.structured_content)
            ref = document.pop("call")["answer"]
            assert document["schema"] == BY_NAME[tool].schema
            assert errors(document, schema) == []
        more = await call(one, "more", {"answer": ref, "parts": ["host"]})
        assert more.structured_content["parts"]["host"]["name"]
        page = await call(one, "explain", {"cause": "ip-forward-off"})
        assert page.structured_content["page"]["id"] == "ip-forward-off"

    with_session(work)


def test_a_pasted_text_is_examined() -> None:
    async def work(one: ClientSession) -> None:
        text = "$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n$ docker ps\n"
        answer = await call(one, "check", {"text": text, "targets": ["8151"]})
        assert not answer.is_error, text_of(answer)
        assert answer.structured_content["recognised"][0]["as"] == "sysctl"

    with_session(work)


def test_errors_are_hairpins_own_sentences_and_the_server_lives_on() -> None:
    async def work(one: ClientSession) -> None:
        for tool, arguments, said in (
            ("check", {"targets": 5}, "check: Expected `array`, got `int`"),
            ("check", {"snapshots": [BROKEN], "targets": ["nobody"]}, "nobody"),
            ("check", {"snapshots": [str(HOSTS / "no.hairpin")]}, "cannot be read: No such file or directory"),
            ("check", {"snapshots": ["/etc/passwd"]}, "is not below"),
            ("more", {"answer": "a1", "parts": ["flows"]}, "answer a1 is not kept"),
        ):
            answer = await call(one, tool, arguments)
            assert answer.is_error
            assert said in text_of(answer)
            assert "Traceback" not in text_of(answer)
        for tool in ("fix", "undo", "restore", "snapshot"):
            with pytest.raises(MCPError, match="there is no tool"):
                await one.call_tool(tool, {})
        healthy = await call(one, "check", {"snapshots": [HEALTHY], "targets": ["8151"], "no_replica": True})
        assert healthy.structured_content["call"]["status"] == 0

    with_session(work)


def test_the_language_of_the_server_is_that_of_the_answers() -> None:
    async def work(one: ClientSession) -> None:
        answer = await call(one, "check", {"snapshots": [BROKEN], "targets": ["8151"], "no_replica": True})
        assert "eth0 不转发 IPv4" in text_of(answer)
        wrong = await call(one, "more", {"answer": "a9", "parts": ["flows"]})
        assert "a9" in text_of(wrong)
        assert "is not kept" not in text_of(wrong)

    with_session(work, "--lang", "zh")


def test_a_cancelled_call_ends_its_command_and_no_other(tmp_path: Path) -> None:
    pid = slow_ssh(tmp_path)

    async def work(one: ClientSession) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(call, one, "check", {"hosts": ["root@web1"], "targets": ["8151"]})
            while not pid.exists():  # noqa: ASYNC110 - another process makes it
                await anyio.sleep(0.05)
            at_once = await call(one, "explain", {"cause": "ip-forward-off"})
            assert not at_once.is_error
            group.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(wait_until_gone, int(pid.read_text("ascii")))
        assert not (await call(one, "explain", {"cause": "ip-forward-off"})).is_error

    with_session(work, PATH=f"{tmp_path}:{os.environ['PATH']}")


def test_nothing_but_the_protocol_is_on_standard_output() -> None:
    asked = (
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "explain", "arguments": {"cause": "ip-forward-off"}}},
        {"id": 3, "method": "tools/call", "params": {"name": "check", "arguments": {"targets": ["a b"]}}},
    )  # fmt: skip
    with subprocess.Popen(
        (sys.executable, "-m", "hairpin", "mcp"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | ENVIRONMENT, cwd=HOSTS,
    ) as server:  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        for each in asked:
            server.stdin.write(json.dumps({"jsonrpc": "2.0"} | each) + "\n")
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(3)]
        server.stdin.close()
        rest = server.stdout.read()
        assert server.wait(HANG_S) == 0
    assert {each["id"] for each in answers} == {1, 2, 3}
    assert rest == ""
