"""Differences of configuration files: the lines that only one of both hosts has; of a JSON document, the keys.

The collector leaves some of a file on the host: of dockerd's configuration all keys that are not on its list, of the
network's configuration all lines that may hold a secret.  Where it does, the place says so.
"""

import json
from collections.abc import Iterator
from difflib import unified_diff

from hairpin.compare.edit import NotWalked
from hairpin.compare.listed_difference import ListedDifference, Text
from hairpin.host.host import Host
from hairpin.host.managers import HIDDEN
from hairpin.message import message

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
_EMPTY = message("a file in which nothing was read")


def file_differences(was: Host, now: Host) -> Iterator[ListedDifference]:
    """Yield the files that differ, each with the lines or keys that only one of them has."""
    one, other = ({each.path: each.text for each in host.files} for host in (was, now))
    unread = {each.origin for each in (*was.unread, *now.unread)}
    for path in dict.fromkeys((*one, *other)):
        before, after = one.get(path), other.get(path)
        lines = _lines(before), _lines(after)
        if (lines[0] == lines[1] and None not in (before, after)) or path in unread:
            continue
        changed = tuple(unified_diff(*lines, lineterm="", n=0))[2:]
        gone, new = ("\n".join(line[1:] for line in changed if line.startswith(sign)) for sign in "-+")
        place = _place(path, before, after)
        texts: tuple[Text | None, Text | None] = (
            gone if before is not None else None,
            new if after is not None else None,
        )
        if not gone and not new:  # an empty file came or went
            texts = _EMPTY if before is not None else None, _EMPTY if after is not None else None
        yield ListedDifference("files", now.netns, place, *texts, NotWalked())


def _place(path: str, *texts: str | None) -> Text:
    """Return the path, with what of the file was left on the host."""
    if any(_keys(text) is not None for text in texts if text is not None):
        return message("{path} (of its keys, only those on hairpin's list are read)", path=path)
    if any(HIDDEN in text for text in texts if text is not None):
        return message("{path} (its lines that may hold a secret are not read)", path=path)
    return path


def _lines(text: str | None) -> list[str]:
    """Return the lines of a text; of a JSON document a line for each key, in order."""
    keys = _keys(text or "")
    return keys if keys is not None else (text or "").splitlines()


def _keys(text: str) -> list[str] | None:
    """Return ``"mtu": 1400`` for each key of a JSON document, sorted by key; None: the text is no such document."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return sorted(_members(document, "")) if isinstance(document, dict) else None


def _members(value: Json, key: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _members(member, f"{key}.{name}" if key else name)
    elif key:
        yield f'"{key}": {json.dumps(value, ensure_ascii=False)}'
