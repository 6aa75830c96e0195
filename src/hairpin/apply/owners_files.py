"""The files that firewalld writes for a call, in its own formatting.  After the undo of the call, hairpin restores the
bytes of these files.

firewalld copies a zone of its package below /etc, rewrites the whole file for each call, and keeps the previous file as
``NAME.xml.old``.  firewalld notices by itself that a file has changed or was deleted.

Source: firewall/core/io/zone.py zone_writer()
"""

from collections.abc import Callable

import msgspec

from hairpin.carry.act import FileState
from hairpin.change.calls import OfFirewalld
from hairpin.change.firewalld import package_file, written_paths
from hairpin.change.step import Ask, OwnersFile, ReplaceFile, Step
from hairpin.host.host import Host
from hairpin.host.read.managers.firewalld_xml import says_the_same
from hairpin.message import Message

_Read = Callable[[str], FileState | None]


def with_owners_files(step: Step, host: Host, read: _Read) -> Step:
    """Return the step with the present content of the files that firewalld will write."""
    if not isinstance(step, Ask) or not isinstance(step.call, OfFirewalld) or not step.undo:
        return step
    files = tuple(_as_it_is(path, read) for path in written_paths(step.call, host))
    return msgspec.structs.replace(step, files=files)


def _as_it_is(path: str, read: _Read) -> OwnersFile:
    was = read(path)
    packages, otherwise = package_file(path)
    stock = read(packages) if was is None else None
    copy = f"{path}.old"
    return OwnersFile(path, copy, stock.content if stock is not None else otherwise, was, read(copy))


def give_back(step: Step, read: _Read, carry: Callable[[ReplaceFile], Message | None]) -> None:
    """Restore the files of a call that was undone.  A file that now has other settings than before the call is not
    restored."""
    if not isinstance(step, Ask):
        return
    for file in step.files:
        found = read(file.path)
        meant = file.was.content if file.was is not None else file.meaning
        # ``found == file.was``: a killed process may have restored one of the two files already.
        if found == file.was or (found is not None and says_the_same(found.content, meant)):
            for path, now, was in ((file.path, found, file.was), (file.copy_path, read(file.copy_path), file.copy_was)):
                if now != was:
                    carry(ReplaceFile(host=step.host, path=path, before=now, after=was))
