"""The command line that a tool's call stands for; nothing of a call becomes an option."""

import importlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.cli.face.asked import Asked, Shown
from hairpin.cli.main import COMMANDS
from hairpin.cli.tools.arguments import MoreArguments
from hairpin.cli.tools.catalogue import BY_NAME, MORE, OPTIONS, TOOLS, ReadingCommand, command_line, parse_arguments
from hairpin.errors import HairpinError, UsageError

HOSTS = Path(__file__).parents[2] / "fixtures" / "hosts"
SNAPSHOT = str(HOSTS / "none.hairpin")
HERE = (HOSTS,)
LINES: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "nothing": ("check", {}, ("check", "--")),
    "targets and options": (
        "check",
        {"targets": ["8151", "web:80"], "from": "lan", "after": "reboot", "public": ["1.2.3.4"], "verbose": True},
        ("check", "-v", "--from=lan", "--after=reboot", "--public=1.2.3.4", "--", "8151", "web:80"),
    ),
    "a text where a list is due": ("check", {"targets": "8151"}, ("check", "--", "8151")),
    "a target that looks like an option": ("check", {"targets": ["--html=x"]}, ("check", "--", "--html=x")),
    "a value that looks like an option": ("check", {"from": "--apply"}, ("check", "--from=--apply", "--")),
    "a flag that is off": ("check", {"no_replica": False}, ("check", "--")),
    "snapshots before hosts": (
        "diff",
        {"hosts": ["root@web1"], "snapshots": [SNAPSHOT], "targets": ["8151"]},
        ("diff", f"--snapshot={SNAPSHOT}", "--host=root@web1", "--", "8151"),
    ),
    "a label": (
        "walk",
        {"target": "8151", "from": "lan", "snapshots": [f"web={SNAPSHOT}"]},
        ("walk", "--from=lan", f"--snapshot=web={SNAPSHOT}", "--", "8151"),
    ),
    "a cause's page": ("explain", {"cause": "ip-forward-off"}, ("explain", "--", "ip-forward-off")),
    "story": ("story", {"since": "2h", "targets": ["web"]}, ("story", "--since=2h", "--", "web")),
    "prove": ("prove", {"target": "8151", "snapshots": SNAPSHOT}, ("prove", f"--snapshot={SNAPSHOT}", "--", "8151")),
}
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "another type": ("check", {"targets": 5}, "Expected `array`, got `int`"),
    "no such argument": ("check", {"apply": True}, "unknown field `apply`; its arguments are verbose, snapshots"),
    "missing": ("walk", {"target": "8151"}, "missing required field `from`"),
    "a file elsewhere": ("check", {"snapshots": ["/etc/passwd"]}, "/etc/passwd is not below"),
    "out of the folder": ("check", {"text_files": [f"{HOSTS}/../../../pyproject.toml"]}, "is not below"),
    "a bundle elsewhere": ("check", {"bundles": ["/"]}, "/ is not below"),
    "a cause that is an option": ("explain", {"cause": "--html=x"}, "matching regex"),
    "a target that diff would read": ("diff", {"targets": ["/etc/passwd"]}, "/etc/passwd is a file"),
    "standard input": ("diff", {"targets": ["-"]}, "- is a file"),
    "a NUL character": ("check", {"targets": ["a\0b"]}, "NUL"),
    "a lone surrogate": ("check", {"from": "\ud800"}, "is not text"),
}


def line(tool: str, given_arguments: dict[str, Any]) -> tuple[str, ...]:
    return command_line(BY_NAME[tool], parse_arguments(BY_NAME[tool], given_arguments), HERE).words


@pytest.mark.parametrize(("tool", "arguments", "words"), LINES.values(), ids=LINES)
def test_a_call_is_a_command_line(tool: str, arguments: dict[str, Any], words: tuple[str, ...]) -> None:
    assert line(tool, arguments) == words


@pytest.mark.parametrize(("tool", "arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_call_is_refused(tool: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        line(tool, arguments)
    assert said in str(refused.value.said)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "host.hairpin"
    link.symlink_to("/etc/passwd")
    tool = BY_NAME["check"]
    with pytest.raises(UsageError, match="is not below"):
        command_line(tool, parse_arguments(tool, {"snapshots": [str(link)]}), (tmp_path,))


def test_a_pasted_text_is_a_host_and_for_explain_the_lines() -> None:
    check, explain = BY_NAME["check"], BY_NAME["explain"]
    as_host = command_line(check, parse_arguments(check, {"text": "# ip addr"}), HERE)
    assert (as_host.words, as_host.fed) == (("check", "--text=-", "--"), "# ip addr")
    as_lines = command_line(explain, parse_arguments(explain, {"text": "x", "snapshots": [SNAPSHOT]}), HERE)
    assert (as_lines.words, as_lines.fed) == (("explain", f"--snapshot={SNAPSHOT}", "--", "-"), "x")


def test_the_tools_are_reading_commands_and_no_other() -> None:
    """A command that changes a host is not reachable, since the command's name is never a value of a call."""
    commands = {each.name for each in TOOLS if each.name != MORE}
    assert commands == set(get_args(ReadingCommand)) <= set(COMMANDS)
    assert commands.isdisjoint({"fix", "undo", "restore", "snapshot", "lab", "demo", "mcp"})


def test_every_argument_is_an_option_of_its_command_or_a_target() -> None:
    for tool in TOOLS:
        if tool.arguments is MoreArguments:
            continue
        command = command_of(tool.name)
        known = {word for each in command.params for word in each.opts}
        for each in msgspec.structs.fields(tool.arguments):
            if each.name in OPTIONS:
                assert OPTIONS[each.name] in known, (tool.name, each.name)
            else:
                assert each.name in (
                    "target",
                    "targets",
                    "text",
                    "cause",
                    "snapshots",
                    "hosts",
                    "bundles",
                    "text_files",
                )


def command_of(name: str) -> click.Command:
    command: click.Command = getattr(importlib.import_module(f"hairpin.cli.{name}"), name)
    return command


WORD = st.sampled_from(
    ("--html=/x", "-v", "--", "-", "--json", "8151", "web", "--host=a", "--document-fd=1")
) | st.text(max_size=12)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "targets": st.lists(WORD, max_size=3),
        "target": WORD,
        "from": WORD,
        "after": WORD,
        "since": WORD,
        "public": st.lists(WORD, max_size=2),
        "hosts": st.lists(WORD, max_size=2),
    },
)


@settings(max_examples=300, deadline=None)
@given(tool=st.sampled_from([each for each in TOOLS if each.name != MORE]), arguments=CALLS)
def test_no_value_of_a_call_becomes_an_option(tool: Any, arguments: dict[str, Any]) -> None:
    """click reads back the values of the call, and neither a page, nor another host, nor another command."""
    known = {each.encode_name for each in msgspec.structs.fields(tool.arguments)}
    arguments = {name: value for name, value in arguments.items() if name in known}
    try:
        command, *rest = command_line(tool, parse_arguments(tool, arguments), HERE).words
    except HairpinError:
        return
    assert command == tool.name
    context = click.Context(command_of(command))
    try:
        command_of(command).parse_args(context, list(rest))
    except click.UsageError:
        return
    shown: Shown = context.params["shown"]
    assert shown == Shown()
    asked: Asked = context.params["asked"]
    assert [each.text for each in asked.sources] == list(arguments.get("hosts", ()))
    assert all(each.kind == "host" for each in asked.sources)
    assert asked.origin == (arguments.get("from") or None)
    assert list(asked.publics) == list(arguments.get("public", ()))


def test_the_page_for_agents_names_each_tool_and_reads_as_the_clients_read_it() -> None:
    page = (Path(__file__).parents[3] / "docs" / "mcp.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [each.name for each in TOOLS]
    for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL):
        assert json.loads(block)["mcpServers"]["hairpin"]["args"][0] == "mcp"
    (codex,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert tomllib.loads(codex)["mcp_servers"]["hairpin"]["args"][0] == "mcp"
