"""A command that repairs a host is that of a ``Change``, with its undo, and no word of a sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_layout import SOURCE, SOURCES, within_folder

MAKE_OR_EXPLAIN = (
    "apply", "causes", "change", "events", "explain", "lab", "remedy", "report", "suppose", "texts", "programs.py",
)  # fmt: skip
"""The folders that make or show repairs, and those that say what somebody has typed, or what an event or a program
does."""
CHANGES_A_HOST = re.compile(
    r"\b(?:ip(?: -6)? (?:rule|route|addr|address|link|neigh|netns) (?:add|del|change|replace|set|flush|append|attach)"
    r"|sysctl -w|nft (?:add|insert|delete|flush)|ip6?tables (?:-t \w+ )?-[ADIFP]\b|conntrack -[DF]|kill -|modprobe"
    r"|(?:docker|podman)(?: network)? (?:start|restart|stop|run|rm|create|connect|disconnect)"
    r"|systemctl (?:start|restart|reload|stop|enable|disable)|ufw (?:allow|reload)|firewall-cmd --(?:add|reload)"
    r"|ethtool -K|bridge \w+ (?:set|add|del)|nmcli \w+ (?:modify|up)|tc \w+ (?:add|del))[^`]*"
)
HOLE = re.compile(r"\b(?:MAC|ROUTER|GATEWAY|NAME)\b")
"""What only the reader can fill in: such a command is no change that hairpin could make."""
WORDS = {
    "beside/questions/no_ipv6.py": "to make a network and its containers anew is no change of a host",
    "beside/questions/public_address.py": "no kind of change moves a link between namespaces",
    "beside/walks/nameless.py": "says which networks have names",
    "question/hosts.py": "an error, when no network was read",
    "walk/granted/address_found.py": "a command for the client's machine",
    "walk/granted/own_source.py": "no kind of change sets the lifetime of an address",
}


def templates(path: str) -> Iterator[str]:
    """Yield the sentences of a file."""
    for node in ast.walk(ast.parse((SOURCE / path).read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="message"), args=[ast.Constant(value=str(template))]):
                yield template
            case _:
                pass


def commands(template: str) -> Iterator[str]:
    """Yield the commands of a sentence that change a host, without those with a hole."""
    found = CHANGES_A_HOST.finditer(re.sub(r"\{(?:ip|tool)\}", "ip", template))
    return (each[0] for each in found if not HOLE.search(each[0]))


def test_a_command_that_changes_a_host_is_a_change() -> None:
    files = (path for path in SOURCES if not within_folder(path, MAKE_OR_EXPLAIN))
    found = {path: [each for said in templates(path) for each in commands(said)] for path in files}
    assert {path: said for path, said in found.items() if said and path not in WORDS} == {}
    assert [path for path in WORDS if not found[path]] == []


def test_each_repair_of_a_question_has_its_place() -> None:
    """A question's sentence with the place ``{repair}`` and no change would not be printable, and a change without the
    place would never be read."""
    for path in SOURCES:
        text = Path(SOURCE / path).read_text("utf-8")
        if re.search(r"(?<!class )OpenQuestion\(", text):
            assert ("{repair}" in text) is bool(re.search(r"\b(?:yes|no)_repair=", text)), path
