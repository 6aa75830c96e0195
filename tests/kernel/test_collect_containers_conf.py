"""The collector's reading of Podman's files of settings: most have a secret, and ``podman`` lists nothing."""

import os
from pathlib import Path

from hairpin.collect.run import LocalRunner, collect
from hairpin.host.boot.containers_conf import ConfLine
from hairpin.host.read.parse import parse

HIDDEN = "hunter2"
FILES = {
    "share/containers.conf": f'[containers]\nenv = ["A={HIDDEN}"]\nnetns = "private"\n',
    "etc/containers.conf": '[network]\r\n  firewall_driver="iptables" # as before\r\n# firewall_driver = "none"\r\n',
    "etc/containers.conf.d/10-own.conf": f"[engine]\nfirewall_driver = {HIDDEN}\n[network]\nfirewall_driver = 'none'\n",
    "etc/containers.conf.d/20-other.txt": f'[network]\nfirewall_driver = "{HIDDEN}"\n',
}


def test_the_lines_come_in_the_order_of_podman(tmp_path: Path) -> None:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "storage/overlay-containers").mkdir(parents=True)
    (tmp_path / "storage/overlay-containers/containers.json").write_text('[{"id":"ab"}]')
    podman = tmp_path / "programs/podman"
    podman.parent.mkdir()
    podman.write_text('#!/bin/sh\n[ "$1" != version ] || echo \'{"Version":"5.4.2"}\'\n')
    podman.chmod(0o755)
    made = "; ".join((
        "mount -t tmpfs none /usr/share", "mkdir -p /usr/share/containers /etc/containers",
        "mount -t tmpfs none /var/lib",
        "mkdir -p /var/lib/containers/storage", f"mount --bind {tmp_path}/share /usr/share/containers",
        f"mount --bind {tmp_path}/etc /etc/containers", f"mount --bind {tmp_path}/storage /var/lib/containers/storage",
    ))  # fmt: skip
    shell = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c")
    path, home = f"{podman.parent}:{os.environ['PATH']}", str(tmp_path / "home")
    found = collect(LocalRunner((*shell, f'{made}; exec sh "$@"', "sh"), (("PATH", path), ("HOME", home))))
    assert not any(HIDDEN in each.text + each.origin for each in found.readings)
    (engine,) = (each for each in parse(found).engines if each.kind == "podman")
    assert [(each.path, each.number, each.key, each.value) for each in engine.conf] == [
        ("/usr/share/containers/containers.conf", 3, "containers.netns", "private"),
        ("/etc/containers/containers.conf", 2, "network.firewall_driver", "iptables"),
        ("/etc/containers/containers.conf.d/10-own.conf", 4, "network.firewall_driver", "none"),
    ]
    assert engine.firewall_backend == "none"
    assert isinstance(engine.conf[0], ConfLine)
