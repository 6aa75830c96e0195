"""Replaced files as shell commands.

The commands may be run twice, and may be indented.  The commands contain no here-document, because an indented
here-document would not end.

Only a missing file is written whole.  In an existing file, sed(1) edits only the changed lines, because the evidence
may lack some of the other lines.  sed addresses each line by its whole text.  If that text is not unique, the command
uses line numbers, and first checks that the file is unchanged.  In a JSON file only the changed options are set or
deleted.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Iterator

_ROW = 160
"""The greatest width, in columns, of a command line on which several words stand side by side."""
_JOIN = "\n"
_SPECIAL = re.compile(r"[\\/.*\[\]^$]")


def written_lines(text: str, *, packed: bool = False) -> str:
    """Return the command that prints the text, with a quoted word for each line.  If ``packed`` is true, several words
    stand on one line of the command."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) == 1 and "\\" not in lines[0] and not lines[0].startswith("-"):
        return f"echo {_quoted(lines[0])}"
    words = [_quoted(line) for line in lines]
    return "printf '%s\\n' \\\n" + " \\\n".join(f"    {row}" for row in (_rows(words) if packed else words))


def _rows(words: list[str]) -> list[str]:
    rows = words[:1]
    for word in words[1:]:
        if len(rows[-1]) + 1 + len(word) <= _ROW:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def _quoted(line: str) -> str:
    """Return the line as one shell word that stays readable even with single quotes in it."""
    return shlex.quote(line) if "'" not in line else '"' + re.sub(r'["$`\\]', lambda found: "\\" + found[0], line) + '"'


def file_commands(path: str, before: str | None, after: str | None) -> Iterator[str]:
    """Yield the commands that replace the file's content.  If ``after`` is None, they delete the file."""
    name = shlex.quote(path)
    if after is None:
        yield f"rm {name}"
    elif before is None:
        yield f"{written_lines(after, packed=True)} > {name}" if after else f": > {name}"
    elif path.endswith(".json") and (edit := _json_edit(path, before, after)) is not None:
        yield edit
    else:
        from difflib import SequenceMatcher  # noqa: PLC0415 - a healthy host has no file to change

        old, new = (text.removesuffix("\n").split("\n") if text else [] for text in (before, after))
        blocks = [
            (old[start:end], new[first:last], start)
            for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            if kind != "equal"
        ]
        is_ended = not before or before.endswith("\n")
        told = [_by_text(name, old, new, block, is_ended=is_ended) for block in blocks]
        if all(each is not None for each in told):
            yield from (line for each in told for line in each or ())
        else:
            yield _by_number(path, before, after, blocks)


_Block = tuple[list[str], list[str], int]
"""A block of changed lines: the removed lines, the added lines, and the index of the first removed line."""


def _json_edit(path: str, before: str, after: str) -> str | None:
    """Return the command that sets or deletes the options in which the two JSON texts differ; None if a text is no JSON
    object.

    The command parses the whole file first, so a file that is not JSON stays unchanged."""
    try:
        was, wanted = (json.loads(text) for text in (before or "{}", after))
        edits = [f"d.pop({name!r}, 0)" for name in was if name not in wanted]
        edits += [f"d[{name!r}] = {value!r}" for name, value in wanted.items() if was.get(name, ...) != value]
    except (ValueError, AttributeError, TypeError):
        return None
    file = f"open({path!r}"
    script = f"import json; d = json.load({file})); {'; '.join(edits)}; json.dump(d, {file}, 'w'), indent=2)"
    return f"python3 -c {_quoted(script)}"


def _by_text(name: str, old: list[str], new: list[str], block: _Block, *, is_ended: bool) -> list[str] | None:
    """Return the commands that find the lines by their text; None if the text of a line is not unique before or after
    the edit.  ``is_ended``: whether the file's last line ends with a newline."""
    gone, come, start = block
    if any(old.count(line) > 1 or line in new for line in gone):
        return None
    if len(gone) == len(come):
        return [
            f"sed -i {shlex.quote(f's/{_pattern(line)}/{_replacement(other)}/')} {name}"
            for line, other in zip(gone, come, strict=True)
        ]
    deletions = [f"sed -i {shlex.quote(f'/{_pattern(line)}/d')} {name}" for line in gone]
    if not come:
        return deletions
    mark = next((line for line in come if line.strip() and line not in old and new.count(line) == 1), None)
    if mark is None:
        return None
    there = f"grep -qxF -- {shlex.quote(mark)} {name} || "
    if start == len(old):
        written = f"{written_lines(_JOIN.join(come))} >> {name}"
        return [f"{there}{written}" if is_ended else f"{there}{{ echo >> {name}; {written}; }}", *deletions]
    if old.count(old[start]) > 1 or not old[start].strip():
        return None
    at = f"/{_pattern(old[start])}/"
    return [f"{there}sed -i {' '.join(_inserted(at, line) for line in come)} {name}", *deletions]


def _inserted(at: str, line: str) -> str:
    return "-e " + shlex.quote(at + "i\\" + _escaped(line))


def _by_number(path: str, before: str, after: str, blocks: list[_Block]) -> str:
    """Return the command that edits lines by their numbers.  The command first checks that the file has not changed
    since it was read."""
    name = shlex.quote(path)
    if not before:  # an empty file has no line that sed could address
        return f"[ -s {name} ] || {written_lines(after)} > {name}"
    size, expressions = len(before.removesuffix("\n").split("\n")), list[str]()
    for gone, come, start in blocks:
        if start == size:
            expressions += ["-e " + shlex.quote("$a\\" + _escaped(line)) for line in come]
            continue
        expressions += [_inserted(str(start + 1), line) for line in come]
        if gone:
            expressions.append(f"-e {start + 1},{start + len(gone)}d")
    digest = hashlib.sha256(before.encode()).hexdigest()
    known = shlex.quote(f"{digest}  {path}")
    return f"echo {known} | sha256sum -c --quiet && sed -i {' '.join(expressions)} {name}"


def _pattern(line: str) -> str:
    return "^" + _SPECIAL.sub(lambda found: "\\" + found[0], line) + "$"


def _replacement(line: str) -> str:
    return re.sub(r"[\\/&]", lambda found: "\\" + found[0], line)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\")
