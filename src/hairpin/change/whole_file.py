"""An edit of a file as evidence has it, made on the whole file of the host.

The collector hides lines that may hold a secret, each behind a line of its own, and ends every file with a newline.
"""

from difflib import SequenceMatcher

from hairpin.host.managers import HIDDEN


def edited_whole(found: str, before: str, after: str) -> str | None:
    """Return the host's file with the edit that makes ``after`` of ``before``; None if ``before`` is no reading of it.

    Hidden lines and the missing newline at the end stay as they are on the host."""
    if before.endswith("\n") and not found.endswith("\n"):
        before, after = before.removesuffix("\n"), after.removesuffix("\n")
    whole, read, wanted = (each.split("\n") for each in (found, before, after))
    if len(whole) != len(read) or not all(map(_is_read_as, whole, read)):
        return None
    made: list[str] = []
    for kind, start, end, first, last in SequenceMatcher(None, read, wanted, autojunk=False).get_opcodes():
        if kind == "equal":
            made += whole[start:end]
        elif any(map(_is_hidden, wanted[first:last])):
            return None  # which of the hidden lines it is cannot be told
        else:
            made += wanted[first:last]
    return "\n".join(made)


def _is_read_as(line: str, read: str) -> bool:
    return line == read or _is_hidden(read)


def _is_hidden(line: str) -> bool:
    return line.endswith(HIDDEN)
