"""SUSE's ``supportconfig``.

    bundle := FOLDER "/" (network.txt | network-NETNS.txt | docker.txt | docker/ID.txt | podman-USER.txt
              | podman/USER-container-NAME.txt | env.txt | basic-environment.txt | …)

Each file has sections (``sections.py``).  Outputs of commands that ran as a user other than root are skipped, because
the engine of this user is not the host's.

Source: supportutils bin/supportconfig net_info_namespace(), docker_info(), podman_info()
"""

import re
from collections.abc import Iterator

from hairpin.pasted.bundle.files import Files
from hairpin.pasted.bundle.layout import Layout, Piece, in_order, roots, text_of, words_of
from hairpin.pasted.bundle.made import piece_of, with_joined_tables, without_namespace
from hairpin.pasted.bundle.namespaces import Sandboxes
from hairpin.pasted.bundle.sections import Printed, sections_of

_MARK = re.compile(r"(?P<root>(?:[^/]+/){0,6}?)(?:supportconfig\.txt|basic-environment\.txt|network\.txt)$")
_WANTED = re.compile(
    r"(?:[^/]+/){0,6}?(?:(?:supportconfig|basic-environment|basic-health-check|env|docker)\.txt|network(?:-[^/]+)?\.txt"
    r"|podman-root\.txt|docker/[0-9a-f]+\.txt|podman/root-container-[^/]+\.txt)$"
)
_MOST = 8 << 20
_LINE = re.compile(
    r"(?:uname -a|ip|ss|netstat|sysctl -a|ip6?tables(?:-save)?|nft list|ipset list|docker|podman|firewall-cmd|ps|cat"
    r"|ifconfig|route|hostname)\b"
)
_UNWANTED = re.compile(r"(?:docker|podman) (?:logs|top|images|image|volume|system|pod|events)\b|.*\|")


def _keep(path: str) -> int:
    return _MOST if _WANTED.match(path) else 0


def _pieces_in(files: Files) -> list[Piece] | None:
    found = roots(files, _MARK)
    if not found:
        return None
    pieces = list(_pieces(files, found[0]))
    return in_order(with_joined_tables(pieces)) if pieces else None


def _pieces(files: Files, root: str) -> Iterator[Piece]:
    every = [
        (path, each) for path in sorted(files) if path.startswith(root) for each in sections_of(text_of(files[path]))
    ]
    wanted = [(path, each) for path, each in every if _is_wanted(each)]
    sandboxes = Sandboxes(tuple(each.text for _, each in wanted if " inspect " in each.command))
    inner: dict[str, str] = {}
    for _, each in wanted:
        command, netns = without_namespace(each.command)
        if words_of(command)[:2] == ("ip", "addr"):
            inner[netns] = each.text
    for path, each in wanted:
        command, netns = without_namespace(each.command)
        if netns.startswith("netns:"):
            netns = sandboxes.name_of(netns.removeprefix("netns:"), inner.get(netns, ""))
        yield piece_of(path, each.text, command, netns, each.line)


def _is_wanted(section: Printed) -> bool:
    words = " ".join(words_of(section.command))
    return _LINE.match(words) is not None and _UNWANTED.match(words) is None


def _host(files: Files) -> str:
    for path in sorted(files):
        for each in sections_of(text_of(files[path])):
            words = words_of(each.command)
            if words[:1] == ("uname",) and len(told := each.text.split()) > 1:
                return told[1]
            if words == ("hostname",):
                return next(iter(each.text.split()), "")
    return ""


def _root(files: Files) -> str:
    return next(iter(roots(files, _MARK)), "")


LAYOUT = Layout("supportconfig", _keep, _pieces_in, _host, _root)
