"""The conditions under which the file is started: what a host may lack."""

import os
from pathlib import Path

import msgspec


class Place(msgspec.Struct, frozen=True):
    """``commands``: what a shell does first, in namespaces of its own, with the root in ``$root``.  ``user``: the file
    is started without root's rights."""

    name: str
    commands: str
    user: bool = False


_AS_USER = (
    "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+sys_chroot --bounding-set=-all,+sys_chroot "
    "--ambient-caps=+sys_chroot "  # chroot(2) needs it
)
_PROC = "mount -t proc proc $root/proc"
PLACES = (
    Place("as it is", _PROC),
    Place("without /proc", "true"),
    Place("a full disk", f"{_PROC}; for each in $root/tmp $root/root; do mount -t tmpfs -o size=4k tmpfs $each; "
          "head -c 8192 /dev/zero >$each/full 2>/dev/null; done; true"),
    Place("read-only", f"{_PROC}; mount -o remount,bind,ro $root"),
    Place("noexec elsewhere", f"{_PROC}; mount -t tmpfs -o noexec tmpfs $root/tmp"),
    Place("as a user", _PROC, user=True),
)  # fmt: skip


def start(root: Path, place: Place, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that starts ``/inside/hairpin`` in the root, whose folder ``/inside`` holds the file and the
    snapshots."""
    words = " ".join(f"'{each}'" for each in arguments)
    code = (
        f"root=$work/root; mount --bind {root} $root; mount --bind $work $root/inside; {place.commands}; "
        f"exec {_AS_USER if place.user else ''}unshare --root=$root --wd=/inside /inside/hairpin {words}"
    )
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", code)


def around(work: Path) -> dict[str, str]:
    """Return the environment of the commands.  ``work``: what is seen as ``/inside`` inside."""
    return {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8", "work": str(work)}
