"""What an installed package has to do: answer as the checkout, by its command and as docker's plugin."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hairpin import __version__
from tests.packages.root import Root
from tools.release.pinned import ROOT

HOST = ROOT / "tests" / "fixtures" / "hosts" / "eth0-forwarding.hairpin"
QUESTION = ("check", "8151", "--no-replica", "--json", "--snapshot")
PLUGIN = "/usr/libexec/docker/cli-plugins/docker-hairpin"


def checkout_answer() -> tuple[int, str]:
    """Return exit status and output of the checkout about the recorded host."""
    around = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"}
    done = subprocess.run(
        (sys.executable, "-m", "hairpin", *QUESTION, str(HOST)), env=around, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def faults_of_use(root: Root) -> Iterator[str]:
    """Yield what the installed package does wrong."""
    there = root.bring(HOST, "tmp/host.hairpin")
    wanted = checkout_answer()
    told = root.run("/usr/bin/hairpin", "--version")
    if told.out != f"hairpin {__version__}\n":
        yield f"hairpin --version: {told.status} {told.all.strip()[:200]}"
    for command in (("/usr/bin/hairpin",), (PLUGIN, "hairpin"), *_by_docker(root)):
        found = root.run(*command, *QUESTION, there)
        if (found.status, found.out) != wanted:
            yield f"{' '.join(command)}: another answer than the checkout's: {found.status} {found.all.strip()[:300]}"
    said = root.run(PLUGIN, "docker-cli-plugin-metadata").out
    if not said or json.loads(said).get("Version") != __version__:
        yield f"docker's question what the plugin is: {said[:200]}"
    yield from _lost_files(root.path)


def _by_docker(root: Root) -> Iterator[tuple[str, ...]]:
    """Yield the call by the real docker command, if this machine has one that needs no libraries."""
    docker = shutil.which("docker")
    linked = subprocess.run(("ldd", docker or "/nonexistent"), capture_output=True, text=True, check=False)
    if docker is not None and "not a dynamic executable" in linked.stdout + linked.stderr:
        yield (root.bring(Path(docker), "usr/local/bin/docker"), "hairpin")


def _lost_files(root: Path) -> Iterator[str]:
    page = root / "usr/share/man/man1/hairpin-check.1.gz"
    if not page.exists() or not gzip.decompress(page.read_bytes()).startswith(b".TH HAIRPIN"):
        yield f"no man page {page}"
    if not (root / "usr/share/bash-completion/completions/hairpin").exists():
        yield "no completion for bash"
    for folder in ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system", "etc/init.d"):
        yield from (f"a service: {each}" for each in (root / folder).rglob("*hairpin*"))
