"""The prepared data root: ``/var/lib/docker`` after this machine's dockerd has imported the lab's image.

The data root is made once for each version of dockerd and busybox, and kept in the cache folder as one tar file.  The
tar file is unpacked into every new host, which then starts in less than a second.
"""

import contextlib
import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from hairpin.errors import LabError
from hairpin.lab.engine import IMAGE
from hairpin.lab.node import ENVIRONMENT, Node
from hairpin.lab.prerequisites import static_busybox
from hairpin.message import message

# Increase this number if the code below makes another image from the same programs.
RECIPE = "1"
PAGE = "hello from the lab\n"
APPLETS = "cat chroot httpd ip killall ls nc netstat nslookup ping ps sh sleep wget"


def cached_data_root() -> Path:
    """Return the path of the archive for this machine's dockerd and busybox; this file may not exist yet."""
    version = subprocess.run(
        ("dockerd", "--version"), capture_output=True, text=True, env=ENVIRONMENT, check=True
    ).stdout
    made_from = f"{RECIPE} {version} {PAGE} {APPLETS}".encode() + static_busybox().read_bytes()
    key = hashlib.sha256(made_from).hexdigest()[:16]
    return cache_folder() / f"lab-data-root-{key}.tar"


def cache_folder() -> Path:
    """Return the cache folder: a folder below XDG_CACHE_HOME if this variable is set.

    If XDG_CACHE_HOME is not set, return the system's cache folder, because the lab runs as root."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    return Path(chosen, "hairpin") if chosen.startswith("/") else Path("/var/cache/hairpin")


def unpack_data_root(host: Node, archive: Path) -> None:
    """Fill a host's ``/var/lib/docker`` before its dockerd starts."""
    _tar("--extract", "--file", str(archive), "--directory", _data_root(host))


def prepare_data_root(archive: Path, empty_host: Callable[[], AbstractContextManager[Node]]) -> None:
    """Make the archive.  ``empty_host`` opens a lab host with a running dockerd whose data root is empty.

    The archive is written to a temporary file, which is then renamed.  Therefore another lab that starts meanwhile
    never sees an incomplete archive.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with empty_host() as host:
        root = write_root_file_system(host)
        host.run(f"docker import - {IMAGE} <{root}")
        # dockerd writes its databases when it is stopped by SIGTERM.
        host.run("kill $(cat /run/docker.pid); while kill -0 $(cat /run/docker.pid) 2>/dev/null; do sleep 0.02; done")
        handle, unfinished = tempfile.mkstemp(dir=archive.parent, prefix=".lab-data-root-")
        os.close(handle)
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(Path(unfinished).unlink, missing_ok=True)
            _tar("--create", "--file", unfinished, "--directory", _data_root(host), ".")
            Path(unfinished).rename(archive)


def write_root_file_system(host: Node) -> str:
    """Write the image's files into the host's own /run, which ends with the host; return the path there.

    The host's mktemp chooses the path's name, because only a program in the host sees which names are in use there.
    """
    path = host.run("mktemp /run/rootfs-XXXXXX").strip()
    Path(f"/proc/{host.pid}/root{path}").write_bytes(root_file_system())
    return path


def root_file_system() -> bytes:
    """Return the image's files as a tar archive: busybox, links for its applets, and the page that httpd serves."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("bin", "dev", "etc", "host", "proc", "sys", "tmp", "www"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for path, content, mode in (
            ("bin/busybox", static_busybox().read_bytes(), 0o755),
            ("www/index.html", PAGE.encode(), 0o644),
        ):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
        for applet in APPLETS.split():
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return buffer.getvalue()


def _data_root(host: Node) -> str:
    return f"/proc/{host.pid}/root/var/lib/docker"


def _tar(*arguments: str) -> None:
    done = subprocess.run(("tar", *arguments), capture_output=True, text=True, env=ENVIRONMENT, check=False)
    if done.returncode:
        raise LabError(
            message("tar {arguments} failed: {said}", arguments=" ".join(arguments), said=done.stderr.strip())
        )
