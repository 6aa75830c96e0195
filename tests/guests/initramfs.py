"""The first files of a guest: a busybox, the modules that are needed to mount this machine's files, and an init."""

import lzma
import os
import subprocess
from pathlib import Path

from tests.guests.packages import Kernel

MOUNT_9P = "trans=virtio,version=9p2000.L,msize=512000"
"""The options by which a guest mounts a folder of this machine."""
_INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
while read module; do /bin/busybox insmod /modules/$module; done </modules/order
MOUNTS
for each in proc sys dev; do /bin/busybox mount -o move /$each /new/$each; done &&
exec /bin/busybox switch_root /new FIRST
echo the guest could not mount its files
/bin/busybox poweroff -f
"""


def initramfs(kernel: Kernel, modules: tuple[str, ...], mounts: str, first: str) -> bytes:
    """Return the archive.

    Its init loads the modules, mounts the guest's root at ``/new`` with the commands ``mounts`` (sh; the last one ends
    in ``&&``), and turns into the guest's first process, ``first``.
    """
    loaded = in_order(kernel.modules, modules)
    files = {
        "init": _INIT.replace("MOUNTS", mounts.strip()).replace("FIRST", first).encode(),
        "bin/busybox": Path(_busybox()).read_bytes(),
        "modules/order": "".join(f"{path.name.split('.ko')[0]}.ko\n" for path in loaded).encode(),
    }
    files |= {f"modules/{path.name.split('.ko')[0]}.ko": module_bytes(path) for path in loaded}
    return archive(("bin", "modules", "proc", "sys", "dev", "lower", "upper", "new"), files)


def _busybox() -> str:
    """Return the path of busybox."""
    for folder in ("/bin", "/usr/bin"):
        if Path(folder, "busybox").exists():
            return f"{folder}/busybox"
    raise FileNotFoundError("busybox")


def in_order(folder: Path, wanted: tuple[str, ...]) -> list[Path]:
    """Return the files of the modules and of their dependencies, each after its own dependencies.

    ``modules.dep`` of depmod(8) has ``FILE: NEEDED…``, in reverse order of loading; built-in modules have no line.
    """
    needs: dict[str, tuple[str, list[str]]] = {}
    for line in (folder / "modules.dep").read_text("utf-8").splitlines():
        name, _, needed = line.partition(":")
        needs[Path(name).name.split(".ko")[0].replace("-", "_")] = (name, needed.split())
    found: dict[str, None] = {}
    for module in wanted:
        if module in needs:
            path, before = needs[module]
            found |= dict.fromkeys((*reversed(before), path))
    return [folder / name for name in found]


def module_bytes(path: Path) -> bytes:
    """Return the module uncompressed, as insmod needs it."""
    match path.suffix:
        case ".xz":
            return lzma.decompress(path.read_bytes())
        case ".zst":
            return subprocess.run(("zstd", "-dcq", path), capture_output=True, check=True).stdout
        case _:
            return path.read_bytes()


def archive(folders: tuple[str, ...], files: dict[str, bytes]) -> bytes:
    """Return a cpio archive of the kind ``newc``, every file executable.

    Source: Documentation/driver-api/early-userspace/buffer-format.rst
    """
    entries = [(name, 0o040755, b"") for name in folders]
    entries += [(name, 0o100755, data) for name, data in files.items()]
    entries += [("TRAILER!!!", 0, b"")]
    return b"".join(_entry(number, *entry) for number, entry in enumerate(entries, 1))


def _entry(inode: int, name: str, mode: int, data: bytes) -> bytes:
    path = os.fsencode(name) + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
