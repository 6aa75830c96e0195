"""No file that another program writes is rewritten: its owner is named, with the lines that are needed there."""

from difflib import SequenceMatcher

import msgspec

from hairpin.change.calls import ReloadUfw
from hairpin.change.change import WriteFile
from hairpin.host.boot.generated import is_made_at_boot, is_shipped, owner_of_lines
from hairpin.host.managers import ConfigFile
from hairpin.message import Message, message
from hairpin.remedy.remedy import Lasting, Situation


def without_owned_files(kept: Lasting, situation: Situation) -> Lasting:
    """Return what keeps a change without the files that are another program's; what is needed in these is advice."""
    told = {each.path: _left_to_owner(each, situation.file(each.path)) for each in kept.files}
    files = tuple(each for each in kept.files if told[each.path] is None)
    # ufw would only read its old files again.
    calls = tuple(each for each in kept.calls if files or not kept.files or not isinstance(each, ReloadUfw))
    advice = (*kept.advice, *(each for each in told.values() if each is not None))
    return msgspec.structs.replace(kept, files=files, calls=calls, advice=advice)


def _left_to_owner(written: WriteFile, before: ConfigFile | None) -> Message | None:
    """Return advice on a file that is another program's; None if it may be written."""
    if before is None:
        return None
    facts = {"file": written.path, "lines": _lines(before.text, written.text or "")}
    owner = owner_of_lines(before, written.text)
    if owner is not None:
        return message("{file} needs {lines}: change it where it comes from (it says “{owner}”)", owner=owner, **facts)
    if is_shipped(written.path):
        return message("{file} needs {lines}, and belongs to a package: its next upgrade would write it anew", **facts)
    if is_made_at_boot(written.path):
        return message("{file} needs {lines}, and is made anew at each boot: change what makes it", **facts)
    return None


def _lines(before: str, after: str) -> str:
    """Return the changed lines, each with its sign and the number of the line that it stands at now."""
    old, new = before.splitlines(), after.splitlines()
    told: list[str] = []
    for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            told += (f"`-{line.strip()}`" for line in old[start:end])
            told += (f"`+{line.strip()}`" for line in new[first:last])
            told[-1] += f" (line {start + 1})"
    return ", ".join(told)
