"""What dockerd says of the firewall while it starts: the lines of its log that warn, as far as it is found.

Source: journalctl(1); dockerd writes logfmt: level=warning msg="…"
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

_FILES = (Path("/var/log/docker.log"), Path("/var/log/upstart/docker.log"))
"""Where dockerd's log is on hosts without a journal."""
_LAST_BYTES, _MOST_LINES, _MOST_CHARACTERS = 1 << 16, 8, 300
_ABOUT = re.compile(r"iptables|ip6tables|nftables|firewall|ip_forward|br_netfilter|bridge-nf-call", re.IGNORECASE)
_WARNS = re.compile(r"level=(?:warning|error|fatal)|firewalld|failed", re.IGNORECASE)


class StartLog:
    """The log of one start, once it has begun to be read."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._file: IO[bytes] | None = None
        self._text = b""

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptor from which the log comes, if it is read now."""
        return (self._file.fileno(),) if self._file is not None else ()

    def begin(self, pid: int) -> None:
        """Begin to read what a dockerd has written; nothing if there is no log."""
        self._end()
        program = shutil.which("journalctl")
        if program and pid and Path("/run/systemd/journal").is_dir():
            words = (program, "-q", "--no-pager", "-o", "cat", "-n", "400", f"_PID={pid}")
            with suppress(OSError):
                self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                self._file = self._process.stdout
        else:
            for each in _FILES:
                with suppress(OSError):
                    self._file = each.open("rb")
                    self._file.seek(max(0, os.fstat(self._file.fileno()).st_size - _LAST_BYTES))
                    break
        if self._file is not None:
            os.set_blocking(self._file.fileno(), False)

    def lines(self) -> Iterator[str]:
        """Take what has come; when it ends, yield the lines that warn of the firewall."""
        if self._file is None:
            return
        try:
            data = os.read(self._file.fileno(), 1 << 16)
        except BlockingIOError:
            return
        self._text = (self._text + data)[-8 * _LAST_BYTES :]
        if data:
            return
        self._end()
        text, self._text = self._text.decode("utf-8", "replace"), b""
        yield from warnings(text)

    def _end(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._process is not None:
            self._process.wait()
            self._process = None


def warnings(text: str) -> list[str]:
    """Return the lines of dockerd's log that warn of the firewall, the last ones if they are many."""
    found = [
        each.strip()[:_MOST_CHARACTERS] for each in text.splitlines() if _ABOUT.search(each) and _WARNS.search(each)
    ]
    return list(dict.fromkeys(found))[-_MOST_LINES:]
