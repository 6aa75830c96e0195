"""The host's own files in a bundle, as readings: the files that the collector reads, under the same keys."""

import re
from collections.abc import Iterator

from hairpin.pasted.bundle.files import Files
from hairpin.pasted.bundle.layout import Piece, text_of
from hairpin.pasted.form import Fragment

MOST = 1 << 20
"""The greatest number of bytes that are read of such a file."""
_KEYS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"etc/ufw/ufw\.conf", "ufw-conf"),
        (r"etc/default/ufw", "ufw-default"),
        (r"(?:etc|lib)/ufw/(?:user|before|after)6?\.rules", "ufw-rules"),
        (r"etc/ufw/sysctl\.conf", "ufw-sysctl"),
        (r"etc/firewalld/firewalld\.conf", "firewalld-conf"),
        (r"etc/firewalld/(?:(?:zones|policies|services|ipsets)/[^/]+|direct)\.xml", "firewalld-zones-permanent"),
        (r"etc/os-release", "os-release"),
        (r"etc/sysctl\.conf|(?:etc|run|usr/lib|usr/local/lib)/sysctl\.d/[^/]+\.conf", "file"),
        (r"etc/nftables\.conf|etc/sysconfig/(?:nftables\.conf|ip6?tables)|etc/nftables/[^/]+\.nft", "file"),
        (r"etc/iptables/rules\.v[46]|etc/hosts|etc/resolv\.conf|etc/iproute2/rt_tables", "file"),
    )
)
_ORDER = ("usr/lib/", "usr/local/lib/", "run/", "etc/")


def key_of(path: str) -> str:
    """Return the key of the reading for the host's file at this path; empty if hairpin does not read this file.  The
    path has no leading slash."""
    return next((key for pattern, key in _KEYS if pattern.fullmatch(path)), "")


def pieces_of(files: Files, root: str) -> Iterator[Piece]:
    """Yield the host's files in a bundle.  The bundle's folder ``root`` corresponds to the host's root.

    Files of sysctl.d(5) come in the order in which they take effect."""
    found = {path.removeprefix(root): path for path in files if path.startswith(root)}
    for path in sorted((each for each in found if key_of(each)), key=_effect):
        yield piece_of(found[path], path, text_of(files[found[path]]))


def piece_of(path: str, on_host: str, text: str, line: int = 1) -> Piece:
    """Return the host's file as a piece.  ``on_host``: the path without a leading slash, for which :func:`key_of`
    returns a key."""
    ended = text if text.endswith("\n") or not text else text + "\n"
    part = Fragment(key_of(on_host), ended, "", f"/{on_host}")
    return Piece(path, ended, line=line, parts=(part,), told=f"cat /{on_host}")


def _effect(path: str) -> tuple[int, str, int, str]:
    folder, _, name = path.rpartition("/")
    if not folder.endswith("sysctl.d"):
        return 1 if path == "etc/sysctl.conf" else 2, "", 0, path
    rank = next((number for number, each in enumerate(_ORDER) if path.startswith(each)), 0)
    return 0, name, rank, path
