"""Makes, checks and removes the link ``docker-hairpin`` in a folder of docker's plugins.

Only a link to one of hairpin's files is changed.  Anything else with this name stays as it is.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hairpin.cli.docker.call import METADATA
from hairpin.errors import UsageError
from hairpin.message import Message, message

LINK = "docker-hairpin"
INSTALL = "hairpin plugin install"
SYSTEM_FOLDERS = tuple(
    Path(each) / "docker" / "cli-plugins"
    for each in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
)
"""The folders in which docker looks for the plugins of all users.  Source: docker/cli
cli-plugins/manager/manager_unix.go"""
_PATIENCE_S = 60.0


def own_file(started_as: str, interpreter: str) -> Path:
    """Return the file that starts this hairpin.

    ``started_as``: the first word of the command line.  ``interpreter``: the running Python, beside which an
    environment has its commands.  Raises UsageError if no such file is found."""
    found = shutil.which(started_as) if "/" not in started_as else started_as
    beside = Path(interpreter).parent / "hairpin"
    for each in (Path(found) if found else None, beside):
        if each is not None and each.suffix != ".py" and each.is_file() and os.access(each, os.X_OK):
            whole = each.absolute()
            return whole.resolve() if whole.name == LINK else whole
    raise UsageError(
        message(
            "hairpin cannot tell by which file it was started; call that file by its path, and make it executable "
            "(chmod +x)"
        )
    )


def install(folder: Path, target: Path) -> Message:
    """Make the link in the folder, and return what was done.

    The link is made under another name, tried, and then renamed.  So docker never finds a link that does not work.
    Raises UsageError if something else has the name, or if the link does not start hairpin."""
    link = folder / LINK
    if _is_own(link) and link.exists() and link.samefile(target):
        return message(
            "{link} already points to {target}; try it: `docker hairpin 8151`", link=str(link), target=str(target)
        )
    _require_own(link)
    _make_folder(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{LINK}-", dir=folder) as beside:
            made = Path(beside) / LINK
            made.symlink_to(target)
            _require_metadata(made, target)
            _give_to_owner(made, folder)
            made.replace(link)
    except OSError as error:
        raise UsageError(message("{link} cannot be made: {reason}", link=str(link), reason=error.strerror)) from error
    return message("{link} now points to {target}; try it: `docker hairpin 8151`", link=str(link), target=str(target))


def remove(folder: Path) -> Message:
    """Remove the link from the folder, and return what was done.  Raises UsageError if something else has the name."""
    link = folder / LINK
    others = [str(each / LINK) for each in SYSTEM_FOLDERS if each != folder and (each / LINK).exists()]
    kept = message("; {others} belongs to the package and stays", others=", ".join(others)) if others else ""
    if not os.path.lexists(link):
        return message("{link} does not exist{kept}", link=str(link), kept=kept)
    _require_own(link)
    try:
        link.unlink()
    except OSError as error:
        raise UsageError(
            message("{link} cannot be removed: {reason}", link=str(link), reason=error.strerror)
        ) from error
    return message("{link} is removed{kept}", link=str(link), kept=kept)


def _is_own(link: Path) -> bool:
    """Return whether the link leads to one of hairpin's files, or to such a file that was removed."""
    return link.is_symlink() and link.readlink().name.startswith("hairpin")


def _require_own(link: Path) -> None:
    if not os.path.lexists(link) or _is_own(link):
        return
    if link.is_symlink():
        raise UsageError(
            message(
                "{link} points to {target}, which does not belong to hairpin: remove the link yourself",
                link=str(link), target=str(link.readlink()),
            )
        )  # fmt: skip
    raise UsageError(
        message("`{install}` did not make the file {link}: remove it yourself", link=str(link), install=INSTALL)
    )


def _make_folder(folder: Path) -> None:
    """Make the folder as docker makes it: only its owner may use it.

    Under sudo, a new folder gets the owner of its parent folder.  If root owned ``~/.docker``, the user could not use
    that folder."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        for each in reversed(missing):
            each.mkdir(0o700)
            _give_to_owner(each, each.parent)
    except OSError as error:
        raise UsageError(
            message("{folder} cannot be made: {reason}", folder=str(folder), reason=error.strerror)
        ) from error


def _give_to_owner(made: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        owner = folder.stat()
        os.lchown(made, owner.st_uid, owner.st_gid)


def _require_metadata(link: Path, target: Path) -> None:
    """Start the link as docker starts it.  Raise UsageError if the link does not print a plugin's metadata."""
    import msgspec

    done = _result_of((str(link), METADATA))
    try:
        is_plugin = msgspec.json.decode(done.stdout).get("SchemaVersion") == "0.1.0"
    except (msgspec.DecodeError, AttributeError):
        is_plugin = False
    if not is_plugin:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(
            message(
                "{target} does not start as a plugin of docker: {said}",
                target=str(target), said=said[-1] if said else message("exit status {status}", status=done.returncode),
            )
        )  # fmt: skip


def _result_of(command: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE_S, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, 124, b"", str(error).encode())


def this_file() -> Path:
    """Return the file that starts this hairpin; raise UsageError if there is no such file."""
    return own_file(sys.argv[0], sys.executable)
