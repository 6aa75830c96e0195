"""The package for Fedora, RHEL and SUSE, by rpmbuild(8): the same bytes from the same files.

Source: rpm's own macros (/usr/lib/rpm/macros), reproducible builds
"""

import os
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hairpin import __version__
from tools.release.packages.contents import PLUGINS, STOP_GUARD, Entry, changes, entries, lay_out, package_version
from tools.release.packages.copyright import Inside, inside, notices
from tools.release.pinned import ROOT

_RELEASE = "1"
_SPEC = """# The executable file is finished: rpm must not strip it or look for libraries in it.
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
%global _binary_payload w6.xzdio

Name: hairpin
Version: {version}
Release: {release}
Summary: Doctor for container networking
License: {licence}
AutoReqProv: no

%description
hairpin finds why nobody can reach a port that Docker or Podman publishes,
proves the cause, and prints the repair.

It reads the host without changing it, walks the packet through a model of the
kernel's own decisions, and names the cause whose removal makes the packet
arrive. "docker hairpin" is the same program as a plugin of the docker command.

%install
cp -a {tree}/. %{{buildroot}}/

%preun
[ "$1" = 0 ] || exit 0
{stop_guard}
%files
{files}

%changelog
* {day} hairpin developers - {version}-{release}
- hairpin {upstream}: /usr/share/doc/hairpin/CHANGELOG.md lists the changes
"""
_DEFINED = {
    "_buildhost": "reproducible",
    "use_source_date_epoch_as_buildtime": "1",
    "clamp_mtime_to_source_date_epoch": "1",
    "source_date_epoch_from_changelog": "0",
    "_build_name_fmt": "hairpin-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
    "_source_payload": "w6.xzdio",
}
_OWN_FOLDERS = (PLUGINS.rpartition("/")[0], PLUGINS, "usr/share/doc/hairpin", "usr/share/licenses/hairpin")
"""Folders that no package of the system brings."""


def rpm_version(version: str = __version__) -> str:
    """Return the package's version and release."""
    return f"{package_version(version)}-{_RELEASE}"


def rpm_entries(machine: str, made: Path) -> tuple[Entry, ...]:
    """Return all that the package installs."""
    return (
        *entries("rpm", machine, made),
        Entry("usr/share/doc/hairpin/CHANGELOG.md", changes()),
        Entry("usr/share/licenses/hairpin/LICENSE", (ROOT / "LICENSE").read_bytes()),
        Entry("usr/share/licenses/hairpin/NOTICES", notices(inside(made, machine))),
    )


def write_rpm(machine: str, made: Path, epoch: int, version: str = __version__) -> Path:
    """Write ``hairpin-VERSION.MACHINE.rpm`` into the folder ``made``, and return its path.  ``version``: hairpin's.

    Raises FileNotFoundError if rpmbuild or a part of the package is missing."""
    installed = rpm_entries(machine, made)
    path = made / f"hairpin-{rpm_version(version)}.{machine}.rpm"
    with tempfile.TemporaryDirectory() as folder:
        tree, described = Path(folder) / "tree", Path(folder) / "hairpin.spec"
        tree.mkdir()
        lay_out(tree, installed)
        for each in tree.rglob("*"):
            os.utime(each, (epoch, epoch), follow_symlinks=False)
        described.write_text(spec(inside(made, machine), tree, installed, epoch, version), encoding="utf-8")
        defined = {**_DEFINED, "_topdir": folder, "_rpmdir": str(made.resolve())}
        words = (word for name, value in defined.items() for word in ("--define", f"{name} {value}"))
        command = ("rpmbuild", "-bb", "--quiet", "--target", f"{machine}-linux", *words, str(described))
        around = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8", "HOME": folder}
        subprocess.run(command, env=around, check=True, stdout=subprocess.DEVNULL)
    return path


def spec(
    projects: tuple[Inside, ...], tree: Path, installed: tuple[Entry, ...], epoch: int, version: str = __version__
) -> str:
    """Return the text that rpmbuild follows.

    ``projects``: what the executable file contains.  ``tree``: the folder in which the entries are laid out."""
    licences = dict.fromkeys(("Apache-2.0", *(each.licence for each in projects)))
    return _SPEC.format(
        version=package_version(version), release=_RELEASE, licence=" AND ".join(licences), tree=tree,
        upstream=version, stop_guard=STOP_GUARD, day=datetime.fromtimestamp(epoch, UTC).strftime("%a %b %d %Y"),
        files="\n".join((*(f"%dir /{each}" for each in _OWN_FOLDERS), *map(_line, installed))),
    )  # fmt: skip


def _line(entry: Entry) -> str:
    """Return the line of %files, with the kind that rpm shows separately: ``rpm -q --licensefiles``."""
    kind = "%license " if "/licenses/" in entry.path else "%doc " if "/doc/" in entry.path else ""
    return f"{kind}%attr({entry.mode:04o}, root, root) /{entry.path}" if not entry.link else f"/{entry.path}"
