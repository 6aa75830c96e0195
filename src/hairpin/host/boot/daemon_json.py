"""Edits of daemon.json: add, change or remove one option.  The order, the indentation and all other text stay.

Source: RFC 8259; moby daemon/config/config.go (the file is one object, and a key is a member of it)
"""

import json
import re
from collections.abc import Iterator

import msgspec

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class _Member(msgspec.Struct, frozen=True):
    """A member of the JSON object, with the offsets where its name begins and where its value begins and ends."""

    name: str
    start: int
    value: int
    end: int


def with_option(text: str, name: str, value: object) -> str | None:
    """Return the text in which the option has the value; None if the text is no JSON object, or if it has the option
    more than once."""
    members = _members(text)
    if members is None:
        return None
    said = json.dumps(value)
    held = [each for each in members if each.name == name]
    if held:
        known = held[0]
        return f"{text[: known.value]}{said}{text[known.end :]}" if len(held) == 1 else None
    if not members:
        begun = text.index("{") + 1 if "{" in text else 0
        rest = text[text.index("}") :] if "}" in text else "}\n"
        return f"{text[:begun] or '{'}\n  {json.dumps(name)}: {said}\n{rest}"
    first, last = members[0], members[-1]
    before = text[text.index("{") + 1 : first.start]
    colon = text[first.start + len(json.dumps(first.name)) : first.value]
    return f"{text[: last.end]},{before or ' '}{json.dumps(name)}{colon}{said}{text[last.end :]}"


def without_option(text: str, name: str) -> str | None:
    """Return the text without the option; None if the text is no JSON object, or if it does not have the option exactly
    once."""
    members = _members(text)
    held = [at for at, each in enumerate(members or ()) if each.name == name]
    if members is None or len(held) != 1:
        return None
    at = held[0]
    if at + 1 < len(members):
        return text[: members[at].start] + text[members[at + 1].start :]
    start = members[at - 1].end if at else text.index("{") + 1
    end = members[at].end if at else text.rindex("}")
    return text[:start] + text[end:]


def merged_options(found: str, before: str, after: str) -> str | None:
    """Return the text of the host's file, changed by the differences between ``before`` and ``after``; None if the file
    has changed since ``before``.

    ``found``: the host's file.  ``before`` has only the options that the collector may read, in the collector's format.
    """
    texts = tuple(map(_object, (found, before, after)))
    now, was, wanted = texts
    if now is None or was is None or wanted is None or any(now.get(name) != value for name, value in was.items()):
        return None
    made: str | None = found
    for name in was.keys() | wanted.keys():
        if made is not None and was.get(name) != wanted.get(name):
            made = with_option(made, name, wanted[name]) if name in wanted else without_option(made, name)
    return made


def _object(text: str) -> dict[str, object] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, object]) if text.strip() else {}
    except msgspec.DecodeError:
        return None


def _members(text: str) -> list[_Member] | None:
    return list(_found(text)) if _object(text) is not None else None


def _found(text: str) -> Iterator[_Member]:
    """Yield the members of the JSON object.  The text must be valid JSON."""
    depth, name, start, value, end = 0, "", -1, -1, -1
    for token in _TOKEN.finditer(text):
        word = token[0]
        if depth == 1 and word in ",}":
            if start >= 0:
                yield _Member(name, start, value, end)
            start = value = -1
        elif depth == 1 and start < 0:
            name, start = json.loads(word), token.start()
        elif depth == 1 and value < 0 and word != ":":
            value = token.start()
        depth += (word in "{[") - (word in "}]")
        end = token.end()
