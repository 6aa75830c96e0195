"""What lies where in the image: hairpin's one file, Debian's tools with their own loader, and the launcher.

===================  ==============================================================================================
/hairpin             the one file
/enter               the launcher, the entry point of the image: it goes into the host and starts /hairpin there
/tools/FOLDER/NAME   the launcher again, for each program: it starts /exec/NAME with /lib/ld.so and /lib
/tools/busybox/NAME  busybox, which is static, for the few programs that a shell script needs
/exec, /lib          Debian's programs and libraries, unchanged
/usr/share/doc       the licences of all packages
===================  ==============================================================================================
"""

import struct
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.release.image.debs import Pin, files

Tree = dict[str, bytes | str]
"""Paths without the first slash; a text is the target of a symbolic link, bytes are the content of a file."""
LAUNCHER = Path(__file__).with_name("launcher.c")
# No library, no start-up code: see launcher.c.
_FLAGS = (
    "-Os", "-static", "-nostdlib", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fno-pic", "-no-pie",
    "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra", "-Werror", "-Wl,--build-id=none", "-s",
)  # fmt: skip
IPROUTE2 = ("bridge", "ip", "ss", "tc")
LEGACY = tuple(
    f"{family}-{kind}{action}"
    for family in ("iptables", "ip6tables")
    for kind in ("legacy", "nft")
    for action in ("", "-save", "-restore")
)
NETFILTER = (
    "conntrack", "ebtables-nft", "ebtables-nft-save", "ipset", "nft",
    "wg", *LEGACY,
)  # fmt: skip
APPLETS = (
    "awk", "basename", "cat", "chmod", "cp", "cut", "date", "dirname", "echo", "env", "expr", "false", "find", "grep",
    "gzip", "head", "id", "kill", "ln", "ls", "mkdir", "mktemp", "mv", "nsenter", "od", "printf", "readlink",
    "realpath", "rm", "rmdir", "sed", "seq", "setsid", "sh", "sleep", "sort", "stat", "sync", "sysctl", "tail", "test",
    "timeout", "touch", "tr", "true", "uname", "uniq", "unshare", "wc", "xargs",
)  # fmt: skip
_PT_LOAD, _PT_DYNAMIC, _DT_NEEDED, _DT_STRTAB = 1, 2, 1, 5
_WHERE = r"(/usr)?/s?bin/[a-z0-9_-]+"
_LIBRARIES = r"(/usr)?/lib(64)?/([a-z0-9_]+-linux-gnu/)?(xtables/)?[A-Za-z0-9_.+-]+\.so(\.[0-9.]+)?"
_LICENCES = r"/usr/share/doc/[a-z0-9.+-]+/copyright"


def launcher(compiler: Sequence[str], environment: Mapping[str, str] | None = None) -> bytes:
    """Return the launcher for the machine of the compiler's command; raise CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "launcher"
        command = (*compiler, *_FLAGS, "-o", str(made), LAUNCHER.name)
        subprocess.run(command, check=True, cwd=LAUNCHER.parent, env=environment)
        return made.read_bytes()


def tools_tree(machine: str, debs: Mapping[Pin, Path], enter: bytes) -> Tree:
    """Return all files but /hairpin.  ``enter``: the launcher.

    Raises LookupError if a program or a library is in none of the packages."""
    found: Tree = {}
    for path in debs.values():
        there = files(path, f"{_WHERE}|{_LIBRARIES}|{_LICENCES}")
        # /sbin/ip and /lib64/ld-linux-x86-64.so.2 only link to the file of this name in another folder.
        found |= {name: each for name, each in there.items() if not _is_alias(name, each)}
    programs = {Path(name).name: data for name, data in found.items() if "bin/" in name}
    tree: Tree = {name[1:]: data for name, data in found.items() if name.startswith("/usr/share/doc/")}
    for name, data in found.items():
        if "/lib" in name and "/share/" not in name and "bin/" not in name:
            tree[f"lib/{'xtables/' if '/xtables/' in name else ''}{Path(name).name}"] = data
    tree = {name: Path(each).name if isinstance(each, str) else each for name, each in tree.items()}
    tree["lib/ld.so"] = {"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}[machine]
    for folder, names in (("iproute2", IPROUTE2), ("netfilter", NETFILTER)):
        for name in names:
            tree[f"exec/{name}"] = _program(programs, name)
            tree[f"tools/{folder}/{name}"] = "../../enter"
    tree |= {f"exec/{each}": _program(programs, each) for each in ("xtables-nft-multi", "xtables-legacy-multi")}
    tree["tools/busybox/busybox"] = _program(programs, "busybox")
    tree |= {f"tools/busybox/{each}": "busybox" for each in APPLETS}
    tree["enter"] = enter
    return _needed(tree)


def _is_alias(name: str, data: bytes | str) -> bool:
    return isinstance(data, str) and Path(data).name == Path(name).name


def _program(programs: Mapping[str, bytes | str], name: str) -> bytes | str:
    if name not in programs:
        raise LookupError(f"{name} is in none of the packages")
    found = programs[name]
    return Path(found).name if isinstance(found, str) else found


def _needed(tree: Tree) -> Tree:
    """Return the tree without the libraries that no program needs; raise LookupError if one is not there."""
    wanted = {"lib/ld.so"}
    queue = [name for name in tree if name.startswith(("exec/", "lib/xtables/", "lib/ld.so"))]
    while queue:
        name = queue.pop()
        data = tree.get(name)
        if data is None:
            raise LookupError(f"{name} is in none of the packages")
        if isinstance(data, str):
            more = [f"{name.rpartition('/')[0]}/{data}"]
        else:
            more = [f"lib/{each}" for each in needed_by(data)]
        queue += [each for each in more if each not in wanted]
        wanted.update(more)
    return {
        name: each for name, each in tree.items()
        if not name.startswith("lib/") or name.startswith("lib/xtables/") or name in wanted
    }  # fmt: skip


def needed_by(data: bytes) -> tuple[str, ...]:
    """Return the libraries that a program or library names (DT_NEEDED): elf(5), 64 bits, little endian."""
    if data[:4] != b"\x7fELF":
        return ()
    offset, size, count = (int.from_bytes(data[at : at + n], "little") for at, n in ((32, 8), (54, 2), (56, 2)))
    heads = [struct.unpack_from("<IIQQQQQQ", data, offset + size * each) for each in range(count)]
    loads = [(each[3], each[2], each[5]) for each in heads if each[0] == _PT_LOAD]
    entries: list[tuple[int, int]] = []
    for each in heads:
        if each[0] == _PT_DYNAMIC:
            entries = list(struct.iter_unpack("<QQ", data[each[2] : each[2] + each[5]]))
    texts = next((value for tag, value in entries if tag == _DT_STRTAB), 0)
    at = next((texts - start + place for start, place, length in loads if start <= texts < start + length), 0)
    names = (at + value for tag, value in entries if tag == _DT_NEEDED)
    return tuple(data[each : data.index(b"\0", each)].decode() for each in names)
