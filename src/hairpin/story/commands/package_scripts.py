"""The effects of an installation in addition to its files: the effects of package scripts that hairpin does not know,
and of apt's hooks.

Source: dpkg-maintscript(1), deb-postinst(5); apt.conf(5) DPkg::Pre-Invoke, DPkg::Post-Invoke
"""

import re

from hairpin.host.managers import HIDDEN
from hairpin.kept import kept
from hairpin.story.commands.cron import ScriptLines
from hairpin.story.traces import Traces

_APT = "apt"
_QUOTED = re.compile(r'"([^"]*)"')
_COMMENT = ("#", "//")


class InstallScript(ScriptLines, frozen=True):
    """The relevant commands of one installation script, or of one file with apt's hooks."""

    path: str
    evidence: str


@kept
def package_scripts(traces: Traces) -> dict[str, InstallScript]:
    """Return the relevant commands of each package's installation script, by the package's name."""
    return {name: found[0] for name, found in _scripts(traces).items() if name != _APT}


@kept
def apt_hooks(traces: Traces) -> tuple[InstallScript, ...]:
    """Return the hooks that each run of apt calls: the relevant commands of each file with hooks."""
    return tuple(_scripts(traces).get(_APT, ()))


def _scripts(traces: Traces) -> dict[str, tuple[InstallScript, ...]]:
    lines: dict[tuple[str, str, str], list[str]] = {}
    for reading in traces.readings("trace-package-scripts"):
        for each in reading.text.split("\n"):
            name, _, line = each.partition("\t")
            path, *rest = line.split(":", 2)
            text = rest[-1].strip() if len(rest) == 2 else ""
            if text and (text == HIDDEN or not text.startswith(_COMMENT)):
                said = _QUOTED.findall(text) if name == _APT and text != HIDDEN else [text]
                lines.setdefault((name, path, reading.id), []).extend(said)
    found: dict[str, tuple[InstallScript, ...]] = {}
    for (name, path, evidence), said in lines.items():
        found[name] = (*found.get(name, ()), InstallScript(tuple(said), path, evidence))
    return found
