"""What the collector asks Podman and reads of its files, in a mount namespace with a made-up ``podman``.  Most files of
settings have a secret."""

import os
from pathlib import Path

from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse

HIDDEN = "hunter2"
FILES = {
    "share/containers.conf": f'[containers]\nenv = ["A={HIDDEN}"]\nnetns = "private"\n',
    "etc/containers.conf": '[network]\r\n  firewall_driver="iptables" # as before\r\n# firewall_driver = "none"\r\n',
    "etc/containers.conf.d/10-own.conf": f"[engine]\nfirewall_driver = {HIDDEN}\n[network]\nfirewall_driver = 'none'\n",
    "etc/containers.conf.d/20-other.txt": f'[network]\nfirewall_driver = "{HIDDEN}"\n',
    "storage/overlay-containers/containers.json": '[{"id":"ab"}]',
}
PODMAN = """\
#!/bin/sh
case $* in
version*) echo '{"Version":"5.4.2"}' ;;
'ps -aq --no-trunc') printf 'aa\\nbb\\n' ;;
'inspect --type container aa') echo '[{"Id":"aa","Name":"web","State":{"Status":"exited"}}]' ;;
inspect*) echo 'Error: network inspection mismatch' >&2; exit 125 ;;
esac
"""


def collected(folder: Path) -> Evidence:
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    podman = folder / "programs/podman"
    podman.parent.mkdir()
    podman.write_text(PODMAN)
    podman.chmod(0o755)
    made = "; ".join((
        "mount -t tmpfs none /usr/share", "mount -t tmpfs none /var/lib",
        "mkdir -p /usr/share/containers /etc/containers /var/lib/containers/storage",
        f"mount --bind {folder}/share /usr/share/containers", f"mount --bind {folder}/etc /etc/containers",
        f"mount --bind {folder}/storage /var/lib/containers/storage",
    ))  # fmt: skip
    shell = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c")
    path, home = f"{podman.parent}:{os.environ['PATH']}", str(folder / "home")
    found = collect(LocalRunner((*shell, f'{made}; exec sh "$@"', "sh"), (("PATH", path), ("HOME", home))))
    assert not any(HIDDEN in each.text + each.origin for each in found.readings)
    return found


def test_the_lines_of_settings_come_in_the_order_of_podman(tmp_path: Path) -> None:
    (engine,) = (each for each in parse(collected(tmp_path)).engines if each.kind == "podman")
    assert [(each.path, each.number, each.key, each.value) for each in engine.conf] == [
        ("/usr/share/containers/containers.conf", 3, "containers.netns", "private"),
        ("/etc/containers/containers.conf", 2, "network.firewall_driver", "iptables"),
        ("/etc/containers/containers.conf.d/10-own.conf", 4, "network.firewall_driver", "none"),
    ]
    assert engine.firewall_backend == "none"


def test_a_container_that_podman_cannot_tell_hides_no_other(tmp_path: Path) -> None:
    """Podman 5.4.2 prints nothing of all containers after a paused one was disconnected from a network."""
    host = parse(collected(tmp_path))
    assert [each.name for each in host.containers()] == ["web"]
    assert [str(each.reason) for each in host.unread if each.key == "podman-containers"] == [
        "Error: network inspection mismatch"
    ]
