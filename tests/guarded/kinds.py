"""The kinds of programs that change a host, each with what has to be told and who has to be named."""

import sys
from pathlib import Path

import msgspec

from hairpin.guard.change import Culprit, Part

WRITERS = str(Path(__file__).parent / "writers.py")
LIMIT_S = 60
"""So long a program may last."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of program.  ``command``: a shell command for the change of a number.  ``part``, ``detail``: what a change
    that is told has; ``{n}`` is the number.  ``by``: words of which one is in the command, the name or the parents of
    who is named.  ``is_unknown``: nobody can be named, and nobody may be.  ``setup``: run once before."""

    name: str
    command: str
    part: Part
    by: tuple[str, ...]
    detail: str = ""
    is_unknown: bool = False
    setup: str = ""
    weight: int = 10


def _sysctl(name: str) -> str:
    return f"/proc/sys/net/ipv4/conf/{name}"


PACKAGE = """
rm -rf /tmp/guarded; mkdir -p /tmp/guarded/DEBIAN
cat >/tmp/guarded/DEBIAN/control <<END
Package: guarded
Version: 1
Architecture: all
Maintainer: nobody
Description: a test
END
printf '#!/bin/sh\\nsysctl -qw net.ipv4.conf.lo.arp_ignore=1\\n' >/tmp/guarded/DEBIAN/postinst
chmod 755 /tmp/guarded/DEBIAN/postinst
dpkg-deb -b /tmp/guarded /tmp/guarded.deb >/dev/null
"""
MODULE = """
mkdir -p /tmp/module; cat >/tmp/module/__main__.py <<'END'
import subprocess, sys
subprocess.run(("sysctl", "-qw", "net.ipv4.conf.lo.proxy_arp=" + sys.argv[1]), check=True)
END
(cd /tmp/module && {python} -m zipfile -c /tmp/AnsiballZ_sysctl.py __main__.py)
"""
TOGGLED = f"read old <{_sysctl('lo/forwarding')}; echo $((1 - old)) >{_sysctl('lo/forwarding')}"
"""A value that is written again is no change."""
ADMIN = (
    "docker run -d --name admin --cap-add NET_ADMIN --security-opt systempaths=unconfined --network host IMAGE"
    " sleep 100000"
)
PODMAN = (
    "podman run --rm --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 -p 127.0.0.1:{port}:80 localhost/IMAGE sleep 0"
)
RESTORED = "printf '*filter\\n-A GUARDED -p tcp --dport {port} -j ACCEPT\\nCOMMIT\\n' | iptables-restore -n"

KINDS = (
    Kind("shell", f"echo $(({{n}} % 2)) >{_sysctl('lo/route_localnet')}", "sysctls", ("route_localnet",),
         "net.ipv4.conf.lo.route_localnet", weight=12),
    Kind("sysctl", "sysctl -qw net.ipv4.conf.lo.send_redirects=$(({n} % 2))", "sysctls", ("send_redirects",),
         "net.ipv4.conf.lo.send_redirects", weight=12),
    Kind("threaded netlink", f"{sys.executable} -S {WRITERS} threads 1", "rules", (WRITERS,), weight=8),
    Kind("Python netlink", f"{sys.executable} -S {WRITERS} address {{n}}", "addresses", (WRITERS,), "198.18."),
    Kind("iptables-restore", RESTORED, "rules", ("iptables-restor",), setup="iptables -N GUARDED", weight=10),
    Kind("nft", "nft add table inet guarded{n}", "rules", ("nft add table inet guarded{n}",), weight=12),
    Kind("firewall-cmd", "firewall-cmd -q --add-port {port}/tcp", "rules", ("firewalld",), weight=6),
    Kind("ufw", "ufw allow {port}/tcp", "rules", ("ufw",), setup="ufw --force enable", weight=3),
    Kind("dockerd", "docker restart -t 0 web", "rules", ("dockerd", "firewalld"), weight=3),
    # dockerd lets a running firewalld write its rules.
    Kind("podman", PODMAN, "rules", ("netavark", "podman", "firewalld"), weight=2),
    Kind("cron", "", "rules", ("nft add table inet cron{n}",), weight=0),
    Kind("dpkg", "dpkg -i /tmp/guarded.deb", "sysctls", ("dpkg",), "net.ipv4.conf.lo.arp_ignore", setup=PACKAGE,
         weight=4),
    Kind("Ansible", f"{sys.executable} -S /tmp/AnsiballZ_sysctl.py $(({{n}} % 2))", "sysctls", ("AnsiballZ", "sysctl"),
         "net.ipv4.conf.lo.proxy_arp", setup=MODULE.replace("{python}", sys.executable), weight=6),
    Kind("container", f"docker exec admin sh -c '{TOGGLED}'", "sysctls", (), is_unknown=True, setup=ADMIN, weight=6),
    Kind("editor", "sed -i 's/.*/{{\"debug\": false, \"labels\": [\"n={n}\"]}}/' /etc/docker/daemon.json", "files",
         ("daemon.json",), "/etc/docker/daemon.json", setup="echo '{}' >/etc/docker/daemon.json", weight=8),
)  # fmt: skip


def is_right(kind: Kind, number: int, culprit: Culprit) -> bool:
    """Return whether the culprit is the program of the kind."""
    text = " ".join((culprit.command, culprit.name, culprit.exe, *culprit.parents, culprit.job))
    return any(each.replace("{n}", str(number)) in text for each in kind.by)


def command_of(kind: Kind, number: int, image: str) -> str:
    """Return the shell command of a change."""
    text = kind.command.replace("{n}", str(number)).replace("{port}", str(20000 + number)).replace("IMAGE", image)
    return text.replace("{{", "{").replace("}}", "}")
