"""``python -m tests.forms [--dist FOLDER] [WORD…]``: each form's answers against the checkout's, on lab hosts.

The forms of ``make dist`` are the executable file, what the package for Debian installs, the plugin that docker finds
by the package's link, and the image, which each host's own engine loads and runs with the narrowest rights.  Their
answers have to be the checkout's, apart from times.  On one host the image is asked again with ever fewer rights and
after the host's network tools are deleted.  Words choose the hosts whose names hold one of them.  The exit status is 1
if an answer differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.lab.scenario import named
from hairpin.lab.trial import break_host, running_scenario
from tools.release.image.oci import NAME
from tools.release.packages.contents import PLUGINS
from tools.release.pinned import ARCHITECTURES, ROOT

MACHINE = os.uname().machine
HOSTS = (
    "interface-forwarding-off", "docker-user-drops", "dnat-rule-missing", "container-not-running",
    "forward-policy-drop", "container-default-route-missing", "podman-rules-missing.netavark",
    "container-not-running.podman", "published-on-loopback-only", "service-listens-on-container-loopback",
    "ufw-forward-policy", "masquerade-missing", "healthy-plain", "healthy-podman-netavark", "healthy-ufw",
    "healthy-two-networks",
)  # fmt: skip
NARROW = "--pid=host --net=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add NET_ADMIN"
TOOLS = (
    "rm -f /usr/sbin/ip /usr/bin/ip /usr/bin/ss /usr/sbin/tc /usr/sbin/bridge /usr/sbin/nft /usr/sbin/*tables* "
    "/usr/sbin/ipset /usr/sbin/conntrack /usr/bin/nsenter /usr/bin/unshare /usr/bin/lsns; "
    "rm -f /usr/bin/awk /usr/bin/mawk /usr/bin/sed /usr/bin/grep /usr/bin/od /usr/bin/stat /usr/bin/cut /usr/bin/tr"
)
RIGHTS = (
    NARROW,
    NARROW.replace(" --net=host", ""),
    NARROW.replace(" --cap-add NET_ADMIN", ""),
    NARROW.replace(" --cap-add SYS_PTRACE", ""),
    NARROW.replace(" --cap-add SYS_ADMIN", ""),
    NARROW.replace("--pid=host ", ""),
    f"--cap-drop ALL --cap-add SYS_CHROOT {NARROW}",
)
_OF_THE_MOMENT = ("taken_at", "snapshot_id", "answered_ms")


def main() -> int:
    """Try the hosts, and print a line for each; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.forms", description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="the folder that `make dist` made")
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        files = forms_of(given.dist.resolve(), Path(folder))
        for name in (each for each in HOSTS if not given.words or any(word in each for word in given.words)):
            scenario = named(name)
            with running_scenario(scenario) as lab:
                break_host(lab, scenario)
                for what, difference in judged(lab, name, files, given.dist / f"hairpin-image-{MACHINE}.tar"):
                    wrong += difference != ""
                    word = "WRONG " if difference else "same  "
                    print(f"{word}{name}: {what}", difference, flush=True)
    return int(wrong > 0)


def forms_of(dist: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the words that start each form that needs no engine; ``folder``: where the package is installed."""
    package = next(dist.glob(f"hairpin_*_{ARCHITECTURES[MACHINE]}.deb"))
    subprocess.run(("dpkg-deb", "-x", str(package), str(folder)), check=True)
    (folder / "cli-plugins").symlink_to(folder / PLUGINS)
    return {
        "file": (str(dist / f"hairpin-{MACHINE}"),),
        "package": (str(folder / "usr" / "bin" / "hairpin"),),
        "plugin": ("docker", "--config", str(folder), "hairpin"),
    }


def judged(lab: Lab, name: str, files: Mapping[str, tuple[str, ...]], image: Path) -> Iterator[tuple[str, str]]:
    """Yield what was asked on the host, and how a form's answer differs; empty if it does not."""
    engine = "podman" if "podman" in name else "docker"
    lab.host.run((engine, "load", "-q", "-i", str(image)))
    forms = {form: each for form, each in files.items() if form != "plugin" or engine == "docker"}
    forms["image"] = in_image(lab.host, engine)
    for words in ("8151", ""):
        checkout = answer(lab.host, (sys.executable, "-m", "hairpin"), words)
        for form, start in forms.items():
            yield f"{form}, hairpin {words}", first_difference(checkout, answer(lab.host, start, words))
    if name == HOSTS[0]:
        for rights in RIGHTS:
            yield told_with(lab.host, rights), ""
        checkout = answer(lab.host, (sys.executable, "-m", "hairpin"), "8151")
        lab.host.run(TOOLS)
        bare = answer(lab.host, in_image(lab.host, engine), "8151")
        yield "without tools", first_difference(core(checkout), core(bare))


def in_image(host: Node, engine: str, rights: str = f"{NARROW} --cap-add SYSLOG --cap-add NET_RAW") -> tuple[str, ...]:
    """Return the words that start hairpin in its image."""
    parent = ("--cgroup-parent", host.run("cat /run/cgroup-parent").strip()) if engine == "podman" else ()
    return (engine, "run", "--rm", *rights.split(), *parent, NAME)


def answer(host: Node, start: tuple[str, ...], words: str, errors: str = "2>/dev/null") -> dict[str, Any]:
    """Return the document of the answer; raise ValueError, with the text, if it is no document."""
    argv = (*start, "check", *words.split(), "--no-replica", "--json")
    path = f"PYTHONPATH={ROOT / 'src'}"
    asked = ("sh", "-c", f'{path} "$@" {errors} || [ $? -lt 4 ]', "sh", *argv)
    found: dict[str, Any] = json.loads(host.run(asked, timeout_s=300))
    return found


def told_with(host: Node, rights: str) -> str:
    """Return what an answer lacks with these rights."""
    try:
        found = answer(host, in_image(host, "docker", rights), "8151", "2>&1")
    except json.JSONDecodeError as error:
        return f"with {rights}: {error.doc.strip().partition('. ')[0]}"
    verdicts = sorted({each["verdict"] for each in found["flows"]})
    missing = sorted({each["key"] for each in found["missing"]})
    return f"with {rights}: {', '.join(verdicts)}; not read: {', '.join(missing) or 'nothing'}"


def core(found: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer says, without the cause that is true of a host whose iptables was deleted."""
    causes = [each for each in found["causes"] if each["id"] != "iptables-binary-shadowed"]
    ids = {each["id"] for each in causes}
    return {"causes": sorted(ids), "flows": [each["verdict"] for each in found["flows"]], "missing": found["missing"]}


def first_difference(one: object, other: object, path: str = "") -> str:
    """Return the first place at which two documents differ, apart from times; empty if they do not differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        was, now = cast("dict[str, object]", one), cast("dict[str, object]", other)
        for key in sorted({*was, *now} - {*_OF_THE_MOMENT}):
            found = first_difference(was.get(key), now.get(key), f"{path}/{key}")
            if found:
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list):
        rows = tuple(zip_longest(cast("list[object]", one), cast("list[object]", other)))
        pairs = (first_difference(was, now, f"{path}/{number}") for number, (was, now) in enumerate(rows))
        return next(filter(None, pairs), "")
    if isinstance(one, str) and isinstance(other, str) and one.startswith("# Generated by"):
        return ""  # iptables-save tells the time
    return "" if one == other else f"{path}: {one!s:.90} | {other!s:.90}"


if __name__ == "__main__":
    raise SystemExit(main())
