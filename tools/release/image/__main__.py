"""Makes hairpin's image anew of the one file: ``python -m tools.release.image FOLDER``; and the lock of its packages.

``FOLDER/hairpin-MACHINE`` must be there.
"""

import argparse
import subprocess
from pathlib import Path

from tools.release.commit import commit_time, write_sums
from tools.release.image.debs import CACHE, LOCK, locked
from tools.release.image.writing import write_image_of
from tools.release.interpreter.build import BUILT, BuildError, toolchain_for
from tools.release.interpreter.parts import MissingSourceError
from tools.release.pinned import ARCHITECTURES, ROOT

_LOCK_HEAD = """# Debian's packages of the image: machine, package, version, SHA-256.
# Made by python -m tools.release.image --lock
"""


def main(folder: Path) -> None:
    """Make the image for each machine whose one file is in the folder, and say what was made."""
    machines = [each for each in ARCHITECTURES if (folder / f"hairpin-{each}").exists()]
    if not machines:
        raise SystemExit(f"{folder} has no hairpin-x86_64 and no hairpin-aarch64: run make dist")
    for machine in machines:
        path = write_image_of(folder, machine, toolchain_for(machine, BUILT), CACHE, commit_time())
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    write_sums(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.release.image", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist")
    parser.add_argument("--lock", action="store_true", help="write debian.lock with the packages' present versions")
    given = parser.parse_args()
    try:
        if given.lock:
            LOCK.write_text(_LOCK_HEAD + "".join(locked(each, CACHE) for each in ARCHITECTURES), encoding="utf-8")
        else:
            main(given.folder)
    except (BuildError, LookupError, FileNotFoundError, MissingSourceError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"make image: {error}") from error
