"""The commands for a file, run by a shell: once they write it, and again they change nothing."""

import subprocess
from pathlib import Path
from random import Random

import pytest

from hairpin.change.commands.file_text import file_commands, written_lines

LINES = (
    "*filter", ":INPUT ACCEPT [0:0]", "-A DOCKER-USER -s 192.0.2.0/24 -j DROP", "COMMIT", "", "# a comment",
    "-A INPUT -m comment --comment \"it's $HOME\" -j ACCEPT", "back\\slash \\n and & and /", "\tnft { tcp dport 80 }",
    "^[x]*.$",
)  # fmt: skip


def run(target: Path, before: str | None, after: str | None) -> tuple[str, ...]:
    commands = tuple(file_commands(str(target), before, after))
    for command in commands:
        subprocess.run(("sh", "-c", command), capture_output=True, check=False)
    return commands


@pytest.mark.parametrize("seed", range(60))
def test_the_file_is_as_wanted_after_once_and_twice(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311
    before = [*random.choices(LINES, k=random.randint(2, 14)), "the end"]
    after = list(before)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(after))
        match random.choice(("insert", "delete", "change")):
            case "insert":
                after[at:at] = [f"new {random.randrange(100)} 'line' /a\\b"] * random.randint(1, 2)
            case "delete":
                del after[at]
            case _:
                after[at] = f'changed {random.randrange(100)} & "{random.choice(LINES)}'
    old, new = ("".join(f"{line}\n" for line in each) for each in (before, after))
    target = tmp_path / "a file"
    target.write_text(old, "utf-8")
    for _ in range(2):
        commands = run(target, old, new)
        assert target.read_text("utf-8") == new, "\n".join(commands)


def test_a_new_file_an_empty_one_and_none(tmp_path: Path) -> None:
    target = tmp_path / "new"
    for content in ("a\\nb\n", "one\ntwo\n", ""):
        run(target, None, content)
        assert target.read_text("utf-8") == content
    run(target, "", None)
    assert not target.exists()


def test_a_long_file_is_edited_by_its_lines() -> None:
    text = "".join(f"line {number}\n" for number in range(20))
    assert list(file_commands("/etc/x", text, text.replace("line 7\n", ""))) == ["sed -i '/^line 7$/d' /etc/x"]
    assert list(file_commands("/etc/x", text, text.replace("line 7\n", "line 7a\n"))) == [
        "sed -i 's/^line 7$/line 7a/' /etc/x"
    ]
    assert list(file_commands("/etc/x", text, text.replace("line 7\n", "new\nline 7\n"))) == [
        "grep -qxF -- new /etc/x || sed -i -e '/^line 7$/i\\new' /etc/x"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    (
        ("", "a\nb\n"),
        ("", "\n\n"),
        ("a\n", ""),
        ("# mine\nkey = 0\n", "# mine\n"),
        ("key = 0\n", "key = 1\n"),
        ("key = 0", "key = 0\nkey = 1\n"),
        ("a\na\nkey = 0", "a\na\nkey = 0\na\n"),
    ),
)
def test_a_small_file_is_edited_too(before: str, after: str, tmp_path: Path) -> None:
    target = tmp_path / "small.conf"
    target.write_text(before, "utf-8")
    for _ in range(2):
        commands = run(target, before, after)
        assert target.read_text("utf-8") == after, "\n".join(commands)


def test_what_was_not_read_of_a_file_stays(tmp_path: Path) -> None:
    """Evidence has allowed lines of some files only."""
    target = tmp_path / "small.conf"
    target.write_text("SECRET=1\nkey = 0\n", "utf-8")
    run(target, "key = 0\n", "key = 1\n")
    assert target.read_text("utf-8") == "SECRET=1\nkey = 1\n"


JSON: dict[str, tuple[str, str, str, str]] = {
    "an option less": (
        '{"iptables":false}\n', "{}\n",
        '{\n    "iptables": false,\n    "registry-mirrors": ["https://secret"]\n}\n',
        '{\n  "registry-mirrors": [\n    "https://secret"\n  ]\n}',
    ),
    "another value": (
        '{"mtu":1400}', '{"mtu":1500}', '{"mtu": 1400, "proxies": {"a": null}}',
        '{\n  "mtu": 1500,\n  "proxies": {\n    "a": null\n  }\n}',
    ),
    "an option more": ("", '{"ip": "it\'s", "ipv6": true}', "{}", '{\n  "ip": "it\'s",\n  "ipv6": true\n}'),
    "no JSON": ('{"mtu":1400}', '{"mtu":1500}', "{ mtu", "{ mtu"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "held", "expected"), JSON.values(), ids=JSON)
def test_of_a_json_file_the_option_alone_changes(
    before: str, after: str, held: str, expected: str, tmp_path: Path
) -> None:
    target = tmp_path / "it's a daemon.json"
    target.write_text(held, "utf-8")
    for _ in range(2):
        (command,) = run(target, before, after)
        assert command.startswith("python3 -c ")
        assert target.read_text("utf-8") == expected


def test_text_is_printed_with_any_indentation() -> None:
    assert written_lines("a\nit's\n") == "printf '%s\\n' \\\n    a \\\n    \"it's\""
