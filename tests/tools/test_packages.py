"""What the packages for Debian and RPM install.  ``python -m tests.packages`` installs them in clean roots."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from hairpin import __version__
from hairpin.cli.docker.link import SYSTEM_FOLDERS
from hairpin.cli.main import COMMANDS, PLUGIN
from hairpin.guard.unit import PATH, unit_text
from tests.rows import each_row
from tools.release.completion import completions
from tools.release.manual import pages
from tools.release.packages.contents import STOP_GUARD, Entry, Family, entries, lay_out, package_version, packed
from tools.release.packages.copyright import debian_copyright, inside, notices
from tools.release.packages.deb import deb_entries, deb_version
from tools.release.packages.rpm import rpm_entries, rpm_version, spec

EPOCH = 1795600000
SYSTEM = re.compile(r"usr/(bin|libexec/docker/cli-plugins|share/[a-z-]+)/.+")
"""A package brings no settings, no service, and nothing below /etc or /var."""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The folder of a release, with files in place of the executable ones."""
    for name in ("man", "completion"):
        (tmp_path / name).mkdir()
    for machine in ("x86_64", "aarch64"):
        (tmp_path / f"hairpin-{machine}").write_bytes(f"the executable file for {machine}".encode())
    for name, text in pages(EPOCH).items():
        (tmp_path / "man" / name).write_text(text, "utf-8")
    for name, text in completions().items():
        (tmp_path / "completion" / name).write_text(text, "utf-8")
    bill = {"components": [{"name": "msgspec", "version": "0.22.0", "licenses": [{"expression": "BSD-3-Clause"}]}]}
    (tmp_path / "hairpin.cdx.json").write_text(json.dumps(bill))
    return tmp_path


def installed(family: Family, machine: str, made: Path) -> dict[str, Entry]:
    found = deb_entries(machine, made, EPOCH) if family == "deb" else rpm_entries(machine, made)
    assert len({each.path for each in found}) == len(found)
    return {each.path: each for each in found}


@pytest.mark.parametrize("machine", ("x86_64", "aarch64"))
@pytest.mark.parametrize("family", ("deb", "rpm"))
def test_what_a_package_installs(family: Family, machine: str, made: Path) -> None:
    found = installed(family, machine, made)
    assert found["usr/bin/hairpin"] == Entry("usr/bin/hairpin", f"the executable file for {machine}".encode(), 0o755)
    assert all(SYSTEM.fullmatch(path) for path in found), [path for path in found if not SYSTEM.fullmatch(path)]
    assert {each.mode for path, each in found.items() if path != "usr/bin/hairpin"} == {0o644}
    for command in COMMANDS:
        assert gzip.decompress(found[f"usr/share/man/man1/hairpin-{command}.1.gz"].data).startswith(b".TH HAIRPIN")
    assert b"complete" in found["usr/share/bash-completion/completions/hairpin"].data
    assert b"complete" in found["usr/share/fish/vendor_completions.d/hairpin.fish"].data
    functions = "vendor-completions" if family == "deb" else "site-functions"
    assert found[f"usr/share/zsh/{functions}/_hairpin"].data.startswith(b"#compdef hairpin")


@pytest.mark.parametrize("family", ("deb", "rpm"))
def test_docker_finds_the_plugin(family: Family, made: Path, tmp_path: Path) -> None:
    (link,) = (each for each in installed(family, "x86_64", made).values() if each.link)
    assert Path("/", link.path) in {folder / PLUGIN for folder in SYSTEM_FOLDERS}
    (tmp_path / "root").mkdir()
    lay_out(tmp_path / "root", entries(family, "x86_64", made))
    assert (tmp_path / "root" / link.path).resolve() == tmp_path / "root" / "usr" / "bin" / "hairpin"


def test_each_folder_is_open_to_all(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    lay_out(tmp_path / "root", (Entry("usr/share/doc/x", b"1"), Entry("usr/bin/y", b"2", 0o755)))
    folders = {each.relative_to(tmp_path): each.stat().st_mode & 0o777 for each in (tmp_path / "root").rglob("*")}
    assert folders == {
        Path("root/usr"): 0o755, Path("root/usr/share"): 0o755, Path("root/usr/share/doc"): 0o755,
        Path("root/usr/share/doc/x"): 0o644, Path("root/usr/bin"): 0o755, Path("root/usr/bin/y"): 0o755,
    }  # fmt: skip


VERSIONS = {
    "0.1.0": "0.1.0", "1.2.3": "1.2.3", "0.2.0rc1": "0.2.0~rc1", "0.2.0a3": "0.2.0~a3", "0.2.0b2": "0.2.0~b2",
    "0.2.0.dev4": "0.2.0~dev4",
}  # fmt: skip


@each_row(("version", "expected"), VERSIONS.items(), ids=VERSIONS)
def test_a_pre_release_sorts_before_its_release(version: str, expected: str) -> None:
    assert package_version(version) == expected


def test_debian_s_own_files(made: Path) -> None:
    found = installed("deb", "x86_64", made)
    changes = gzip.decompress(found["usr/share/doc/hairpin/changelog.Debian.gz"].data).decode()
    assert changes.startswith(f"hairpin ({deb_version()}) unstable; urgency=medium\n")
    assert changes.endswith(">  Wed, 25 Nov 2026 09:46:40 +0000\n")
    assert b"# Changelog" in gzip.decompress(found["usr/share/doc/hairpin/changelog.gz"].data)[:40]
    assert b"License: Apache-2.0" in found["usr/share/doc/hairpin/copyright"].data


def test_the_rpm_says_what_it_holds(made: Path) -> None:
    found = rpm_entries("x86_64", made)
    text = spec(inside(made, "x86_64"), Path("/tree"), found, EPOCH)
    assert "License: Apache-2.0 AND BSD-3-Clause\n" in text
    assert f"* Wed Nov 25 2026 hairpin developers - {rpm_version()}\n" in text
    listed = text.partition("%files\n")[2].partition("\n\n")[0].splitlines()
    assert sorted(line.split()[-1] for line in listed) == sorted(
        (
            "/usr/libexec/docker",
            "/usr/libexec/docker/cli-plugins",
            "/usr/share/doc/hairpin",
            "/usr/share/licenses/hairpin",
            *(f"/{each.path}" for each in found),
        )
    )
    assert re.findall(r"^%((?:pre|post|trigger|systemd)\w*)", text, re.MULTILINE) == ["preun"]
    assert f'%preun\n[ "$1" = 0 ] || exit 0\n{STOP_GUARD}' in text


@pytest.mark.parametrize(
    ("program", "is_stopped"), (("/usr/bin/hairpin", True), ("/opt/hairpin/bin/hairpin", False), ("", False))
)
def test_only_the_package_s_own_guard_is_stopped(program: str, is_stopped: bool, tmp_path: Path) -> None:
    unit, called = tmp_path / "unit", tmp_path / "called"
    if program:
        unit.write_text(unit_text(program, "/etc/hairpin/expect.toml"))
    script = STOP_GUARD.replace(PATH, str(unit)).replace("/usr/bin/hairpin guard remove", f"touch {called}")
    subprocess.run(("sh", "-euc", script), check=True)
    assert called.exists() == is_stopped


def test_the_licences_of_what_is_inside(made: Path) -> None:
    assert [(each.name, each.licence) for each in inside(made, "x86_64")] == [("msgspec", "BSD-3-Clause")]
    line = "=" * 78
    chapters = (
        ("hairpin 0.1.0", "Its own."),
        ("msgspec 0.22.0", "As you like."),
        ("Python 3.13.1 (PSF-2.0)", "You may\n\n    copy it."),
        ("odd 1", "?"),
        ("musl 1.2.5 (MIT)", "As is."),
    )
    (made / "LICENCES").write_text("\n".join(f"{line}\n{title}\n{line}\n\n{text}\n" for title, text in chapters))
    found = inside(made, "x86_64")
    assert [(each.name, each.version, each.licence) for each in found] == [
        ("msgspec", "0.22.0", "BSD-3-Clause"), ("Python", "3.13.1", "PSF-2.0"), ("odd", "1", "LicenseRef-see-text"),
        ("musl", "1.2.5", "MIT"),
    ]  # fmt: skip
    text = debian_copyright(found).decode()
    assert "License: Apache-2.0 and msgspec-licence and python-licence and odd-licence and musl-licence\n" in text
    assert "\nLicense: python-licence\n You may\n .\n     copy it.\n" in text
    assert notices(found[1:2]) == b"Python 3.13.1: PSF-2.0\n\nYou may\n\n    copy it.\n"


def test_packing_knows_no_time() -> None:
    assert packed(b"x")[4:8] == bytes(4)


def test_the_versions_are_hairpin_s() -> None:
    assert (deb_version(), rpm_version()) == (f"{package_version(__version__)}-1", f"{package_version(__version__)}-1")
