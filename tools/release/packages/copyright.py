"""The licences of a package: hairpin's own, and those of what its executable file contains.

Source: Debian's machine-readable copyright file, format 1.0; Debian Policy 12.5
"""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tools.release.archive import members_of
from tools.release.pinned import ROOT

WHEELS = ROOT / ".venv" / "wheels"
"""What ``make dist`` has downloaded."""
_UNNAMED = "LicenseRef-see-text"
_CHAPTER = re.compile(
    r"^={20,}\n(?P<name>[^\n]+?) (?P<version>\d\S*)(?: \((?P<licence>[^\n]+)\))?\n={20,}\n"
    r"(?P<text>.*?)(?=^={20,}\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_FORMAT = "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
_HEAD = f"""Format: {_FORMAT}
Upstream-Name: hairpin
"""
_OWN = """
Files: *
Copyright: the authors of hairpin
License: Apache-2.0
"""
_APACHE = """
License: Apache-2.0
 Licensed under the Apache License, Version 2.0.
 .
 On Debian systems, the full text of this licence is in
 /usr/share/common-licenses/Apache-2.0.
"""


class _Licence(msgspec.Struct):
    expression: str = ""


class _Component(msgspec.Struct):
    name: str
    version: str = ""
    licenses: tuple[_Licence, ...] = ()

    @property
    def licence(self) -> str:
        return " AND ".join(each.expression for each in self.licenses) or _UNNAMED


class _Bill(msgspec.Struct):
    components: tuple[_Component, ...] = ()


class Inside(msgspec.Struct, frozen=True):
    """A project that the executable file contains.  ``text``: its licence, word for word."""

    name: str
    version: str
    licence: str
    text: str = ""


def inside(made: Path, machine: str) -> tuple[Inside, ...]:
    """Return the projects inside the executable file.

    Each chapter of the text ``LICENCES``, which ``make dist`` writes beside the executable files, is a project.
    hairpin itself is none of them.  Without that text, the projects are those of a bill of materials, and their
    licences come from their wheels."""
    bill = _bill(made, machine)
    text = made / "LICENCES"
    if text.exists():
        chapters = _CHAPTER.finditer(text.read_text("utf-8"))
        return tuple(_project(each, bill) for each in chapters if each["name"] != "hairpin")
    return tuple(
        Inside(each.name, each.version, each.licence, _text_in_wheel(each.name))
        for each in sorted(bill.values(), key=lambda each: each.name.lower())
    )


def _bill(made: Path, machine: str) -> dict[str, _Component]:
    bills = (made / f"hairpin-{machine}.cdx.json", made / "hairpin.cdx.json")
    found = msgspec.json.decode(next(each for each in bills if each.exists()).read_bytes(), type=_Bill)
    return {each.name.lower(): each for each in found.components}


def _project(chapter: re.Match[str], bill: Mapping[str, _Component]) -> Inside:
    """Return the project of a chapter whose title is ``NAME VERSION`` or ``NAME VERSION (LICENCE)``."""
    name, version, licence = chapter["name"], chapter["version"], chapter["licence"]
    listed = bill.get(name.lower())
    return Inside(name, version, licence or (listed.licence if listed is not None else _UNNAMED), chapter["text"])


def _text_in_wheel(name: str) -> str:
    """Return the licence of a project, word for word; empty if no wheel of it was downloaded."""
    wheel = next(iter(sorted(WHEELS.glob(f"{name}*/*.whl"))), None)
    found = members_of(wheel).items() if wheel is not None else ()
    return next((each.data.decode() for path, each in found if ".dist-info/licenses/" in path), "")


def debian_copyright(projects: tuple[Inside, ...]) -> bytes:
    """Return ``/usr/share/doc/hairpin/copyright``: the executable file is under all of these licences."""
    listed = "\n".join(f" {each.name} {each.version}: {each.licence}" for each in projects)
    names = [_short_name(each) for each in projects]
    paragraphs = [
        _HEAD,
        f"Comment: /usr/bin/hairpin is one executable file. Besides hairpin, it contains:\n{listed}\n",
        _OWN,
        "\nFiles: usr/bin/hairpin\nCopyright: the authors of hairpin, and of the projects that it contains\n",
        f"License: {' and '.join(('Apache-2.0', *names))}\n",
        _APACHE,
        *(
            f"\nLicense: {name}\n{_indented(each.text or each.licence)}\n"
            for name, each in zip(names, projects, strict=True)
        ),
    ]
    return "".join(paragraphs).encode()


def notices(projects: tuple[Inside, ...]) -> bytes:
    """Return the licences of the projects inside, one after another."""
    parts = (f"{each.name} {each.version}: {each.licence}\n\n{each.text.strip()}\n" for each in projects)
    return ("\n" + "-" * 79 + "\n\n").join(parts).encode()


def _short_name(project: Inside) -> str:
    return f"{project.name.lower().replace(' ', '-')}-licence"


def _indented(text: str) -> str:
    lines = (line.rstrip() or "." for line in textwrap.dedent(text.expandtabs()).strip().splitlines())
    return "\n".join(f" {line}" for line in lines)
