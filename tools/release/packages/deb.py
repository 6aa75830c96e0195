"""The package for Debian and Ubuntu, by dpkg-deb(1): the same bytes from the same files.

Source: deb-control(5); deb-changelog(5); dpkg-deb(1), SOURCE_DATE_EPOCH
"""

import os
import subprocess
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from pathlib import Path

from hairpin import __version__
from tools.release.packages.contents import (
    FORGET,
    STOP_GUARD,
    Entry,
    changes,
    entries,
    lay_out,
    package_version,
    packed,
)
from tools.release.packages.copyright import debian_copyright, inside
from tools.release.pinned import ARCHITECTURES

MAINTAINER = os.environ.get("DEBEMAIL", "hairpin developers <hairpin@example.org>")
"""Who answers for the package: whoever publishes it sets DEBEMAIL, as for Debian's own tools."""
_REVISION = "1"
_CONTROL = """Package: hairpin
Version: {version}
Section: net
Priority: optional
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Recommends: iproute2
Suggests: docker.io | docker-ce | podman, iptables, nftables, openssh-client
Description: doctor for container networking
 hairpin finds why nobody can reach a port that Docker or Podman publishes,
 proves the cause, and prints the repair.
 .
 It reads the host without changing it, walks the packet through a model of
 the kernel's own decisions, and names the cause whose removal makes the packet
 arrive. "docker hairpin" is the same program as a plugin of the docker command.
"""
_CHANGES = """hairpin ({version}) unstable; urgency=medium

  * hairpin {upstream}: /usr/share/doc/hairpin/changelog.gz lists the changes.

 -- {maintainer}  {day}
"""
_BEFORE_REMOVAL = f"""#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
{STOP_GUARD}"""
_AFTER_REMOVAL = f"""#!/bin/sh
set -e
[ "$1" = purge ] || exit 0
{FORGET}"""
_OVERRIDES = """# One executable file for every distribution: it has its interpreter and its
# C library inside, so that it runs where Debian's are too old or missing.
hairpin: statically-linked-binary [usr/bin/hairpin]
hairpin: embedded-library * [usr/bin/hairpin]
hairpin: binary-has-unneeded-section .comment [usr/bin/hairpin]
# Packed data that happens to look like words, and the names of others.
hairpin: spelling-error-in-binary * [usr/bin/hairpin]
hairpin: spelling-error-in-copyright *
# No package of Debian's archive: no bug report asked for it.
hairpin: initial-upload-closes-no-bugs [usr/share/doc/hairpin/changelog.Debian.gz:1]
"""


def deb_version() -> str:
    """Return the package's version."""
    return f"{package_version(__version__)}-{_REVISION}"


def deb_entries(machine: str, made: Path, epoch: int) -> tuple[Entry, ...]:
    """Return all that the package installs.  ``epoch``: the time of the release, in seconds since 1970."""
    day = format_datetime(datetime.fromtimestamp(epoch, UTC))
    said = _CHANGES.format(version=deb_version(), upstream=__version__, maintainer=MAINTAINER, day=day)
    own = "usr/share/doc/hairpin"
    return (
        *entries("deb", machine, made),
        Entry(f"{own}/copyright", debian_copyright(inside(made, machine))),
        Entry(f"{own}/changelog.Debian.gz", packed(said.encode())),
        Entry(f"{own}/changelog.gz", packed(changes())),
        Entry("usr/share/lintian/overrides/hairpin", _OVERRIDES.encode()),
    )


def write_deb(machine: str, made: Path, epoch: int) -> Path:
    """Write ``hairpin_VERSION_ARCHITECTURE.deb`` into the folder ``made``, and return its path.

    Raises FileNotFoundError if dpkg-deb or a part of the package is missing."""
    installed = deb_entries(machine, made, epoch)
    architecture = ARCHITECTURES[machine]
    path = made / f"hairpin_{deb_version()}_{architecture}.deb"
    control = _CONTROL.format(
        version=deb_version(),
        architecture=architecture,
        maintainer=MAINTAINER,
        size=sum(-(-len(each.data) // 1024) for each in installed),
    )
    sums = "".join(
        f"{md5(each.data, usedforsecurity=False).hexdigest()}  {each.path}\n" for each in installed if not each.link
    )
    own = (
        Entry("DEBIAN/control", control.encode()),
        Entry("DEBIAN/md5sums", sums.encode()),
        Entry("DEBIAN/prerm", _BEFORE_REMOVAL.encode(), 0o755),
        Entry("DEBIAN/postrm", _AFTER_REMOVAL.encode(), 0o755),
    )
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), (*installed, *own))
        Path(folder).chmod(0o755)
        command = ("dpkg-deb", "--root-owner-group", "-Zxz", "--uniform-compression", "--build", folder, str(path))
        # More threads cut the data into other blocks, so the bytes would depend on the number of processors.
        around = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "DPKG_DEB_THREADS_MAX": "1", "LC_ALL": "C.UTF-8"}
        subprocess.run(command, env=around, check=True, stdout=subprocess.DEVNULL)
    return path
