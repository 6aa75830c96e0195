"""Finds the simple commands of a command line: in ``sh -c``, after ``systemd-run``, ``nice`` and similar programs, and
in lists of commands.

Source: POSIX.1-2017, Shell Command Language, 2.9; sudo(8), systemd-run(1), nsenter(1), su(1)
"""

import re
import shlex
from collections.abc import Iterator

import msgspec

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "fish", "ksh", "ksh93", "mksh", "csh", "tcsh", "rbash", "pwsh"})
_MULTIPLEXERS = frozenset({"tmux", "screen", "byobu", "mc"})
"""The programs in which people open shells."""
_SIGNS = frozenset(";&|()<>\n")
_REDIRECTIONS = frozenset({">", ">>", "<", ">&", "&>", ">|", "<<<", "<<", "<>"})
_KEYWORDS = frozenset({"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "{", "}", "!", "time",
                       "exec", "command", "builtin"})  # fmt: skip
_HEADS = frozenset({"for", "case", "select", "function"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_DEPTH = 6


class _Wrapper(msgspec.Struct, frozen=True):
    """A program that runs the command in its arguments.

    ``valued``: the program's options whose value is the next word.  ``before``: the number of words that stand before
    the command.  ``elsewhere``: whether the command may run later, in another namespace, on other files, or with other
    arguments."""

    valued: frozenset[str] = frozenset()
    before: int = 0
    elsewhere: bool = False


def _wrapper(valued: str = "", before: int = 0, *, elsewhere: bool = False) -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), before, elsewhere)


_WRAPPERS: dict[str, _Wrapper] = {
    "sudo": _wrapper("-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir"),
    "doas": _wrapper("-u -C"),
    "pkexec": _wrapper("--user"),
    "env": _wrapper("-u -C --unset --chdir"),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata"),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "stdbuf": _wrapper("-i -o -e"),
    "timeout": _wrapper("-k -s --kill-after --signal", 1),
    "chrt": _wrapper("-T -P -D", 1),
    "taskset": _wrapper("", 1),
    "flock": _wrapper("-w -E --timeout", 1),
    "busybox": _wrapper(),
    "systemd-inhibit": _wrapper(),
    "systemd-run": _wrapper("-p -u -E -M -H --property --unit --setenv --uid --gid --slice --description --nice "
                            "--working-directory --service-type --machine --host --on-active --on-boot --on-startup "
                            "--on-unit-active --on-calendar --timer-property"),
    "systemd-cat": _wrapper("-t -p --identifier --priority"),
    "nsenter": _wrapper("-t -S -G --target --setuid --setgid", elsewhere=True),
    "unshare": _wrapper(elsewhere=True),
    "chroot": _wrapper("", 1, elsewhere=True),
    "xargs": _wrapper("-n -I -P -L -d -a -s", elsewhere=True),
    "watch": _wrapper("-n --interval", elsewhere=True),
    "parallel": _wrapper("-j", elsewhere=True),
}  # fmt: skip
_LATER = ("--on-", "-M", "-H", "--machine", "--host", "--path-property", "--socket-property")
"""The options of systemd-run with which the command runs later or on another machine."""


class Simple(msgspec.Struct, frozen=True):
    """A simple command.  ``certain``: whether it is certain that the command ran as written, once, immediately and on
    this host."""

    words: tuple[str, ...]
    certain: bool = True

    @property
    def program(self) -> str:
        """The name of the command's program, without the program's folder."""
        return self.words[0].rpartition("/")[2]


class CommandLine(msgspec.Struct, frozen=True):
    """A command line.  ``text``: the line's list of commands as text, without the shell and wrapper programs around the
    list.
    ``commands``: all simple commands of the line."""

    text: str
    commands: tuple[Simple, ...]


def command_line(command: str) -> CommandLine:
    """Return the parsed command line.  Wrapper programs and shells around a command are removed only to a limited
    depth."""
    return _line(command, 0)


def _line(text: str, depth: int, *, certain: bool = True) -> CommandLine:
    parts, has_keywords = _parts(text)
    if len(parts) == 1 and depth < _DEPTH and not has_keywords:
        (words,) = parts
        shell = _shell_text(text, words)
        if shell is not None:
            return _line(shell, depth + 1, certain=certain)
        inner = _wrapped(words)
        if inner is not None:
            return _line(shlex.join(inner.words), depth + 1, certain=certain and inner.certain)
        return CommandLine(text.strip(), (Simple(tuple(words), certain),) if words else ())
    # A command after && or in a loop may not have run, so no command of a line with && or a loop is certain.
    plain = certain and not has_keywords and not any(sign in text for sign in ("|", "(", "$"))
    found = tuple(
        each for words in parts for each in _line(shlex.join(words), depth + 1, certain=plain).commands
    ) if depth < _DEPTH else ()  # fmt: skip
    return CommandLine(text.strip(), found)


def _parts(text: str) -> tuple[list[list[str]], bool]:
    """Return the words of each simple command, and whether the text has keywords of the shell.  Redirections,
    assignments and keywords are left out of the words."""
    raw = list(_raw_parts(text))
    parts = [part for words in raw if (part := _plain(words))]
    return parts, any(words[0] in _KEYWORDS | _HEADS for words in raw)


def _raw_parts(text: str) -> Iterator[list[str]]:
    words: list[str] = []
    skip = False
    for token in _tokens(text):
        if token in _REDIRECTIONS:
            skip = True
            if words and f"{words[-1]}{token}" in text and words[-1].isdecimal():
                words.pop()  # the word is the file descriptor number 2 of the redirection 2>&1
        elif set(token) <= _SIGNS:
            if words:
                yield words
            words, skip = [], False
        elif skip:
            skip = False
        else:
            words.append(token)
    if words:
        yield words


def _tokens(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:  # the text has a quote that is not closed
        return text.split()


def _plain(words: list[str]) -> list[str]:
    while words and (words[0] in _KEYWORDS or _ASSIGNMENT.fullmatch(words[0])):
        words = words[1:]
    return [] if words and words[0] in _HEADS else words


def _shell_text(text: str, words: list[str]) -> str | None:
    """Return the TEXT of ``sh -c TEXT`` or ``su -c TEXT``; None for all other commands.  In sudo's log, the quotes
    around TEXT may be missing."""
    program = words[0].rpartition("/")[2]
    if program not in SHELLS | {"su", "runuser"}:
        return None
    for place, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c|--command", word):
            given = words[place + 1 :]
            if program in ("su", "runuser"):
                users = [each for each in (*words[1:place], *given[1:]) if not each.startswith("-")]
                return given[0] if given and set(users) <= {"root"} else None
            lost = len(given) > 1 and not re.search(rf"\s{re.escape(word)}\s+['\"]", text)
            return text.partition(f" {word} ")[2].strip() if lost else (given[0] if given else None)
        if not word.startswith("-") and program in SHELLS:
            return None
    return None


def _wrapped(words: list[str]) -> Simple | None:
    """Return the command that the wrapper program runs; None if the words are no call of a wrapper program."""
    program = words[0].rpartition("/")[2]
    wrapper = _WRAPPERS.get(program)
    if wrapper is None:
        return None
    rest = words[1:]
    later = False
    while rest and rest[0].startswith("-") and rest[0] != "-":
        option = rest.pop(0)
        if option == "--":
            break
        later = later or (program == "systemd-run" and option.startswith(_LATER))
        if option in wrapper.valued and rest:
            rest.pop(0)
    rest = rest[wrapper.before :]
    while rest and _ASSIGNMENT.fullmatch(rest[0]):
        rest = rest[1:]
    return Simple(tuple(rest), not (later or wrapper.elsewhere)) if rest else None


def is_shell(command: str) -> bool:
    """Return whether the command opens an interactive shell, as ``bash -l``, ``su -`` and ``tmux`` do."""
    line = command_line(command)
    if len(line.commands) != 1:
        return False
    (found,) = line.commands
    plain = [each for each in found.words[1:] if not each.startswith("-")]
    if found.program == "machinectl":
        return plain[:1] in (["shell"], ["login"])
    if found.program in _MULTIPLEXERS:
        return plain[:1] in ([], ["new"], ["new-session"], ["attach"], ["a"])
    return found.program in SHELLS | {"su"} and set(plain) <= {"root"}
