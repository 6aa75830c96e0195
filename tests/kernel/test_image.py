"""The image's entry point and tools, in containers that see the processes of a host: by hand, without an engine.

The host is a mount, network, UTS and PID namespace.  The container has other mounts, another name and another network,
as `docker run --pid=host` makes them.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.evidence.reading import Evidence
from tests.waiting import HANG_S
from tools.release.image.tree import launcher

CONTAINER = (
    "unshare --mount --uts --net{further} sh -c "
    "'mount -t proc proc {root}/proc; hostname box; exec chroot {root} {words}'"
)
HOST = """hostname lab-host; mount --make-rprivate /; mount -t tmpfs host /run; echo host >/run/whose; {container}"""
# /hairpin of these images tells where it runs.
TELLS = """#!/bin/sh
echo "$HAIRPIN_IMAGE" "$(hostname)" "$(cat /run/whose 2>/dev/null)" "$*"
for each in mnt net uts; do [ /proc/1/ns/$each -ef /proc/self/ns/$each ] && echo "$each of the host"; done
echo "${PATH%%:/proc/*}"
tell one "two words"
"""
LOADER = """#!/bin/sh
shift 2; echo "$@"
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return the root directory of an image with the launcher, a tool ``tell`` and a loader that prints its words."""
    for folder in ("proc", "run", "lib", "exec", "tools/iproute2", "tools/netfilter", "tools/busybox"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "enter").write_bytes(launcher(("gcc",)))
    for name, text in (("hairpin", TELLS), ("lib/ld.so", LOADER)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "tools" / "netfilter" / "tell").symlink_to("../../enter")
    for name in ("enter", "hairpin", "lib/ld.so"):
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.fixture
def run(image: Path) -> Callable[..., str]:
    """Return a function that starts the image's entry point in a container on a host of its own."""

    def started(words: str, *, further: str = "", before: str = "") -> str:
        container = CONTAINER.format(root=image, words=words, further=further)
        host = HOST.format(container=f"{before}{container}")
        own = ("unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--mount-proc", "sh", "-c", host)
        return subprocess.run(own, capture_output=True, text=True, check=False, timeout=HANG_S).stdout

    return started


def test_it_goes_into_the_host(run: Callable[..., str]) -> None:
    told = run("/enter check 8151").splitlines()
    assert told[:4] == ["host lab-host host check 8151", "mnt of the host", "net of the host", "uts of the host"]
    assert told[4].startswith("/usr/local/sbin:")


def test_its_tools_are_started_with_its_own_loader(run: Callable[..., str]) -> None:
    told = run("/enter").splitlines()[-1].split()
    image = told[0].removesuffix("/lib")
    assert image.startswith("/proc/")
    assert told == [f"{image}/lib", "--argv0", "tell", f"{image}/exec/tell", "one", "two", "words"]


def test_processes_of_its_own_hide_the_host(image: Path, run: Callable[..., str]) -> None:
    (image / "bin").mkdir()
    shutil.copy(shutil.which("busybox") or "", image / "bin" / "sh")
    shutil.copy(image / "bin" / "sh", image / "bin" / "cat")
    shutil.copy(image / "bin" / "sh", image / "bin" / "hostname")
    assert run("/enter", further=" --pid --fork").splitlines()[0].split() == ["no-pid-host", "box"]


@pytest.mark.parametrize(("dropped", "said"), (("sys_ptrace", "no-ptrace"), ("sys_admin", "no-admin")))
def test_the_missing_right_is_named(image: Path, dropped: str, said: str) -> None:
    """A process with fewer rights than process 1 may not look at it (ptrace(2), PTRACE_MODE_READ)."""
    fewer = f"setpriv --bounding-set -{dropped} --inh-caps -{dropped}"
    inner = f"mount -t proc proc {image}/proc; exec {fewer} chroot {image} /enter"
    (image / "bin").mkdir()
    for name in ("sh", "cat", "hostname"):
        shutil.copy(shutil.which("busybox") or "", image / "bin" / name)
    own = (
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--mount-proc",
        "sh",
        "-c",
        f"unshare --mount sh -c '{inner}'; true",
    )
    told = subprocess.run(own, capture_output=True, text=True, check=False, timeout=HANG_S).stdout
    assert told.split()[0] == said


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return the image's folder of programs, which has an ``ip`` and a ``conntrack``."""
    folder = tmp_path / "image" / "tools" / "iproute2"
    folder.mkdir(parents=True)
    for name in ("ip", "conntrack"):
        (folder / name).write_text("#!/bin/sh\necho of the image\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def collected(tools: Path, before: str = "") -> Evidence:
    """Return what the collector reads in namespaces of its own, with programs of the host and of the image."""
    done = subprocess.run(
        ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "sh", "-c", f"{before}exec sh -s"),
        input=script(),
        capture_output=True,
        check=True,
        timeout=HANG_S,
        env={"PATH": f"/usr/sbin:/usr/bin:{tools}", "HAIRPIN_TOOLS": str(tools), "HOME": "/root"},
    )
    return parse(done.stdout, hairpin="test", source="here")


def test_the_hosts_own_tools_come_first(tools: Path) -> None:
    evidence = collected(tools)
    (links,) = (each.text for each in evidence.readings if each.key == "ip-addr")
    assert links.startswith("[")
    assert any(each.key == "container-rights" and each.text.startswith("CapEff:") for each in evidence.readings)


def test_the_images_tools_serve_a_host_without(tools: Path) -> None:
    """What the image has is no program of the host: its versions are not the host's."""
    hidden = "mount -t tmpfs none /usr/sbin; for each in ip ss; do mount --bind /dev/null /usr/bin/$each; done; "
    evidence = collected(tools, hidden)
    links = [each.text for each in evidence.readings if each.key.startswith("ip-addr")]
    assert [each.strip() for each in links] == ["of the image"]
    versions = {each.origin: each.outcome for each in evidence.readings if each.key == "versions"}
    assert versions["conntrack"] == versions["iptables"] == "absent"
    assert not any(origin.startswith("ip ") for origin in versions)
