"""Files that another program writes: a configuration tool, a package, or a program at boot.

A tool marks a file as its own with a comment at the head, or marks lines as its own with two comments around them.  The
tool's next run restores the file or the lines, so an edit would be lost.  Files that a person saved once
(``iptables-save >``), or that an installer wrote, count as written by the administrator.

Source: ansible blockinfile, ``ansible_managed``; Puppet, Salt and Chef templates; cloud-init net/renderer; hier(7)
"""

import re

from hairpin.host.managers import ConfigFile

_HEAD = 25
"""The number of lines at a file's head in which a tool may name itself as the file's writer."""
_COMMENT = re.compile(r"^\s*(?:#|;|//|<!--)+\s*(?P<said>.*?)\s*(?:-->)?$")
_OWNED = re.compile(
    r"\b(?:ansible|puppet|salt|saltstack|chef|cfengine|cloud-init|juju)\b"
    r"|\b(?:generated|managed|maintained) (?:by|from|with)\b|^(?:this file is )?(?:managed|generated)\b"
    r"|\b(?:auto|automatically |dynamically )-?generated\b|\bautomatically (?:created|written)\b"
    r"|\bdo(?: not|n't) (?:edit|modify|change)\b|\b(?:changes|edits|modifications)\b.*\b(?:lost|overwritten|persist)\b",
    re.IGNORECASE,
)
_OF_ONCE = re.compile(
    r"\b(?:by|with) (?:xtables-save|ip6?tables(?:-nft|-legacy)?-save|ebtables-save|arptables-save|nft|ipset|hand"
    r"|anaconda|dracut|parse-kickstart|subiquity|debian-installer)\b|\bby (?:me|the admin)",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"\b(?:begin|start)\b.*\bmanaged\b", re.IGNORECASE)
_END = re.compile(r"\bend\b.*\bmanaged\b", re.IGNORECASE)
_PACKAGES = ("/usr/lib/", "/lib/", "/usr/share/", "/usr/local/lib/")
_RUN = ("/run/", "/var/run/", "/nix/store/", "/etc/static/")


def managed_by(file: ConfigFile) -> str | None:
    """Return the comment in which a tool says that it writes the file; None if there is no such comment.  A comment
    that marks only some lines as the tool's own does not count."""
    for line in file.text.splitlines()[:_HEAD]:
        comment = _COMMENT.match(line)
        said = comment["said"] if comment is not None else ""
        if _OWNED.search(said) and not any(each.search(said) for each in (_OF_ONCE, _BEGIN, _END)):
            return said
    return None


def is_shipped(path: str) -> bool:
    """Return whether the file belongs to a package and is no conffile.  An upgrade of the package overwrites such a
    file."""
    return path.startswith(_PACKAGES)


def is_made_at_boot(path: str) -> bool:
    """Return whether a program writes the file at each boot, or from a description of the whole system."""
    return path.startswith(_RUN)


def owner_of_lines(file: ConfigFile, after: str | None) -> str | None:
    """Return the comment of the tool that writes the edited lines; None if a person writes them.  ``after``: the edited
    text; None if the file is deleted."""
    said = managed_by(file)
    if said is not None:
        return said
    return next((begin for begin, lines in _blocks(file.text) if after is None or lines not in after), None)


def _blocks(text: str) -> list[tuple[str, str]]:
    """Return the blocks of a file that a tool has marked as its own: the comment before each block, and the lines of
    the block."""
    lines = text.splitlines(keepends=True)
    found: list[tuple[str, str]] = []
    for start, line in enumerate(lines):
        comment = _COMMENT.match(line)
        if comment is None or not _BEGIN.search(comment["said"]):
            continue
        ends = (at for at in range(start + 1, len(lines)) if _COMMENT.match(lines[at]) and _END.search(lines[at]))
        end = next(ends, len(lines) - 1)
        found.append((comment["said"], "".join(lines[start : end + 1])))
    return found
