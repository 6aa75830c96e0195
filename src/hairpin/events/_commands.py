"""The effect of the plain commands in units and boot scripts of a host.

A line is a list of shell commands.  The effect of a line with a variable, a loop or an unknown program is unknown.  For
a line of unknown effect, the course gets a condition that names the line.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hairpin.errors import ChangeError
from hairpin.events.boot.sysctls import with_file_applied, with_files_applied, with_text_applied
from hairpin.events.course import Course
from hairpin.events.firewalls.iptables import dialect_of, with_rules_added, with_saved_rules
from hairpin.events.firewalls.nftables import with_nft_commands
from hairpin.events.links._ip import with_ip
from hairpin.host.managers import HIDDEN, ConfigFile, ScriptLine
from hairpin.message import message
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.netfilter.rule_address import IpFamily

_SHELLS = ("sh", "bash", "dash", "ash")
_SIGNS = frozenset("();<>|&")
_OPERATORS = (";", "&&", "||")
_OPEN = re.compile(r"[$`*?\[\]{}]|<<")
"""A pattern for text that the shell expands, or that continues on the next lines."""
_SILENCED = re.compile(r"\s*(?:[12&]?>>?\s*/dev/null|2>&1|</dev/null)")
_WRITES = re.compile(r"^echo\s+(?:-n\s+)?[\"']?(\w+)[\"']?\s*>\s*/proc/sys/(net/\S+)$")
_HARMLESS = frozenset({"true", ":", "exit", "sleep", "echo", "logger", "modprobe", "export", "set", "cd", "wait",
                       "ethtool"})  # fmt: skip
"""Programs that change neither rules nor network settings.

A program that only loads a kernel module counts as harmless, because other lines add the rules that need the module."""
_ADDING = ("-A", "-I", "--append", "--insert")
_FAMILIES: dict[str, IpFamily] = {"iptables": "ip", "ip6tables": "ip6"}


class Outcome(NamedTuple):
    """The course after a command, and whether the command succeeds."""

    course: Course
    succeeds: bool


def with_line(course: Course, line: ScriptLine) -> Course:
    """Return the course after one line of a script, or after one command of a unit."""
    done = outcome(course, line.text, line.path)
    if done is not None:
        return done.course
    return course.provided(
        message("{file}, line {line}, changes nothing for these flows: `{text}`", file=line.path, line=line.number,
                text=line.text)
    )  # fmt: skip


def outcome(course: Course, text: str, source: str) -> Outcome | None:
    """Return the course after the commands of ``text``, and whether they succeed.

    Return None if one of the commands is not plain.

    ``source``: the file that contains the text."""
    plain = _SILENCED.sub("", text.strip())
    written = _WRITES.fullmatch(plain)
    if written is not None:
        return Outcome(with_text_applied(course, f"{written[2]} = {written[1]}\n", source), True)
    if _OPEN.search(plain) or plain.startswith(HIDDEN):
        return None
    try:
        commands = list(_commands(plain))
    except ValueError:
        return None
    succeeds = True
    for operator, words in commands:
        if (operator == "&&" and not succeeds) or (operator == "||" and succeeds):
            continue
        done = _carried_out(course, words, source)
        if done is None:
            return None
        course, succeeds = done
    return Outcome(course, succeeds)


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command with the operator before it.  The first command's operator is empty.  Raise ValueError if the
    text is not a list of plain commands."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    operator, words = "", list[str]()
    for word in lexer:
        if word in _OPERATORS:
            if words:
                yield operator, words
            operator, words = word, []
        elif set(word) <= _SIGNS and word != "<":
            raise ValueError(word)
        else:
            words.append(word)
    if words:
        yield operator, words


def _carried_out(course: Course, words: list[str], source: str) -> Outcome | None:
    program, arguments = words[0].rpartition("/")[2], words[1:]
    if program == "env" and arguments and "=" not in arguments[0] and not arguments[0].startswith("-"):
        return _carried_out(course, arguments, source)
    if program in _SHELLS and arguments[:1] == ["-c"] and len(arguments) == 2:
        return outcome(course, arguments[1], source)
    if program in _HARMLESS:
        return Outcome(course, True)
    known = _PROGRAMS.get(program.removesuffix("-nft").removesuffix("-legacy"))
    return None if known is None else known(course, program, arguments, source)


def _iptables(course: Course, program: str, arguments: list[str], source: str) -> Outcome | None:
    table, words, left = "filter", list[str](), list(arguments)
    while left:
        word = left.pop(0)
        if word in ("-t", "--table") and left:
            table = left.pop(0)
        elif word in ("-w", "--wait", "-W", "--wait-interval"):
            if left and left[0].isdecimal():  # the time in seconds that iptables waits for its lock
                left.pop(0)
        else:
            words.append(word)
    if not words:
        return None
    family = _FAMILIES[program.partition("-")[0]]
    asks, adds = words[0] in ("-C", "--check"), words[0] in _ADDING
    if adds and not _has_chain(course, family, table, words[1:2]):
        return Outcome(course, False)
    # iptables-restore takes only an unquoted ! as a negation.
    text = " ".join(each if each == "!" else shlex.quote(each) for each in ("-D" if asks else words[0], *words[1:]))
    failures = course.failures
    done = with_rules_added(course, f"*{table}\n{text}\nCOMMIT\n", family, source)
    succeeds = done.failures == failures
    if adds and not succeeds:  # hairpin does not model the arguments of this command
        return None
    # A command that fails changes nothing, and the script continues with the next command.
    return Outcome(done if succeeds and not asks else course, succeeds)


def _has_chain(course: Course, family: IpFamily, table: str, chain: list[str]) -> bool:
    held = course.namespace.ruleset.table(family, table, dialect_of(course))
    names = {each.name for each in held.chains} if held is not None else set[str]()
    return {*chain} <= names | BASE_CHAINS.get(table, {}).keys()


def _restore(course: Course, program: str, arguments: list[str], _source: str) -> Outcome | None:
    family = _FAMILIES[program.partition("-")[0]]
    names = [each for each in arguments if not each.startswith("-") and each != "<" and not each.isdecimal()]
    file = _file(course, names[0]) if len(names) == 1 else None
    if file is None:
        return None
    if {"-n", "--noflush"} & {*arguments}:
        return Outcome(with_rules_added(course, file.text, family, file.path), True)
    return Outcome(with_saved_rules(course, file, family), True)


def _sysctl(course: Course, _program: str, arguments: list[str], source: str) -> Outcome | None:
    if "--system" in arguments:
        return Outcome(with_files_applied(course), True)
    if any(each in ("-p", "--load") or each.startswith("-p") for each in arguments):
        named = [each for each in arguments if not each.startswith("-")] or ["/etc/sysctl.conf"]
        files = [_file(course, each) for each in named]
        for file in files:
            if file is None:
                return None
            course = with_file_applied(course, file)
        return Outcome(course, True)
    text = "\n".join(each for each in arguments if "=" in each)
    return Outcome(with_text_applied(course, text, source), True)


def _ip(course: Course, _program: str, arguments: list[str], _source: str) -> Outcome | None:
    try:
        done = with_ip(course, arguments)
    except ChangeError:
        return Outcome(course, False)
    return Outcome(done, True) if done is not None else None


def _nft(course: Course, _program: str, arguments: list[str], source: str) -> Outcome | None:
    if arguments[:1] in (["-f"], ["--file"]):
        file = _file(course, arguments[1]) if len(arguments) == 2 else None
        if file is None:
            return None
        text, source = file.text, file.path
    elif any(each.startswith("-") for each in arguments):
        return None
    else:
        text = " ".join(arguments) + "\n"
    done = with_nft_commands(course, text, source)
    failed = len(done.failures) > len(course.failures)
    return Outcome(course if failed else done, not failed)


def _file(course: Course, path: str) -> ConfigFile | None:
    return next((each for each in course.host.files if each.path == path), None)


_PROGRAMS: dict[str, Callable[[Course, str, list[str], str], Outcome | None]] = {
    "iptables": _iptables,
    "ip6tables": _iptables,
    "iptables-restore": _restore,
    "ip6tables-restore": _restore,
    "sysctl": _sysctl,
    "ip": _ip,
    "nft": _nft,
}
