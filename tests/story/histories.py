"""``python -m tests.story.histories [--only WORD…]``: what happened on a host with systemd, told by its traces (root).

One host is broken again and again by real programs: a person over ssh with sudo, cron, a unit, a package, a firewall.
*Through* has to name who did it, or nobody; a history in which nothing broke blames nobody.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask as answered
from hairpin.answer.blamed import with_blame
from hairpin.collect.run import collect
from hairpin.collect.snapshot import with_traces
from hairpin.lab.prerequisites import require
from hairpin.lab.topology import HOST
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.story.entry import ActorKind
from hairpin.story.timeline import story_of
from tests.guests.packages import cache_folder, install_programs, kernel
from tests.guests.qemu import GuestError, guests_at_once
from tests.matrix.guests.trial import prepare
from tests.reboot.__main__ import KERNEL
from tests.reboot.host import Host, running_host
from tests.reboot.runner import GuestRunner, evidence_of
from tests.reboot.userland import PROGRAMS, SUITE, disk
from tests.story.native import native_host

PERSON = "ann"
Verdict = Literal["right", "nobody", "wrong"]


class History(msgspec.Struct, frozen=True):
    """``deed``: what is done, by ``how``: over ssh by a person with sudo, as a script of cron, of a timer's unit, of a
    package, or at once as root (no trace tells who).

    ``through``: who has to be named, by kind and a word of the name; empty: nobody may be.  ``before``: what is done to
    make the host ready, before its good state.  ``kept``: a snapshot of the good state is kept, as from a timer."""

    name: str
    how: str
    deed: str
    through: tuple[ActorKind, str] | None
    before: str = ""
    after: str = ""
    kept: bool = False

    @property
    def without_systemd(self) -> bool:
        """Whether a host without systemd can have it."""
        return self.how != "timer" and "systemctl" not in self.deed

    def verdict(self, named: tuple[tuple[str, str], ...]) -> Verdict:
        """Return what becomes of the history, of which these actors were named."""
        if self.through is None:
            return "wrong" if named else "right"
        if any(kind != self.through[0] or self.through[1] not in name for kind, name in named):
            return "wrong"
        return "right" if named else "nobody"


def _by_person(name: str, deed: str, before: str = "", after: str = "", *, kept: bool = False) -> History:
    return History(name, "ssh", deed, ("person", PERSON), before, after, kept)


_OFF = "sysctl -w net.ipv4.ip_forward=0"
_NFT = "cp -n /etc/nftables.conf /root/nftables.conf; printf 'flush ruleset\\n' >/etc/nftables.conf"
_NFT_BACK = "cp /root/nftables.conf /etc/nftables.conf; systemctl stop nftables"
_DEFAULT = "ip route add default via 198.51.100.1"
_SYSCTL = "printf 'net.ipv4.ip_forward=0\\n' >/etc/sysctl.d/90-own.conf"
_SYSCTL_BACK = "rm -f /etc/sysctl.d/90-own.conf"
_SAVED = (
    "mkdir -p /etc/iptables; "
    "printf '*filter\\n:INPUT ACCEPT\\n:FORWARD DROP\\n:OUTPUT ACCEPT\\nCOMMIT\\n"
    "*nat\\n:PREROUTING ACCEPT\\n:INPUT ACCEPT\\n:OUTPUT ACCEPT\\n:POSTROUTING ACCEPT\\nCOMMIT\\n' "
    ">/etc/iptables/rules.v4"
)
_SAVED_BACK = "rm -f /etc/iptables/rules.v4"

HISTORIES: tuple[History, ...] = (
    _by_person("forwarding off", _OFF),
    _by_person("forwarding of one link off", "sysctl -w net.ipv4.conf.eth0.forwarding=0"),
    _by_person("filter rules flushed", "iptables -F; sudo iptables -P FORWARD DROP"),
    _by_person("nat rules flushed", "iptables -t nat -F"),
    _by_person("a dropping rule", "iptables -I DOCKER-USER -p tcp -j DROP"),
    _by_person("a rule deleted", "iptables -D FORWARD -o docker0 -j DOCKER"),
    _by_person("ruleset flushed", "nft flush ruleset"),
    _by_person("bridge down", "ip link set docker0 down", after="ip link set docker0 up", kept=True),
    _by_person("bridge without its address", "ip address del 172.17.0.1/16 dev docker0", kept=True),
    _by_person("the default route deleted", "ip route del default", after=_DEFAULT, kept=True),
    _by_person("docker stopped", "systemctl stop docker.socket docker.service"),
    _by_person("a container stopped", "docker stop web", after="docker start web"),
    _by_person("nftables restarted", "systemctl restart nftables", _NFT, _NFT_BACK),
    _by_person("saved rules loaded", "systemctl restart netfilter-persistent", _SAVED, _SAVED_BACK),
    _by_person("sysctl --system", "sysctl --system", _SYSCTL, _SYSCTL_BACK),
    _by_person("systemd-sysctl", "systemctl restart systemd-sysctl", _SYSCTL, _SYSCTL_BACK),
    _by_person("the accepts flushed", "iptables -P FORWARD DROP; sudo iptables -F DOCKER"),
    History("cron turns forwarding off", "cron", f"/usr/sbin/{_OFF}", ("process", "cron")),
    History("cron flushes", "cron", "/usr/sbin/iptables -t nat -F", ("process", "cron")),
    History("cron restarts nftables", "cron", "systemctl restart nftables", ("process", "cron"), _NFT, _NFT_BACK),
    History("a timer loads saved rules", "timer", "systemctl restart netfilter-persistent",
            ("unit", "netfilter-persistent"), _SAVED, _SAVED_BACK),
    History("a package applies sysctls", "package", "sysctl --system", ("package", "own"), _SYSCTL, _SYSCTL_BACK),
    History("a package restarts nftables", "package", "systemctl restart nftables", ("package", "own"), _NFT,
            _NFT_BACK),
    History("nobody knows who", "root", _OFF, None),
    History("healthy: rules listed", "ssh", "iptables -L -n >/dev/null", None),
    History("healthy: docker restarted", "ssh", "systemctl restart docker", None),
    History("healthy: forwarding toggled", "ssh", f"{_OFF}; sudo sysctl -w net.ipv4.ip_forward=1", None),
    History("healthy: cron", "cron", "sysctl -a >/dev/null", None),
    History("healthy: a package", "package", "true", None),
    History("healthy: container restarted", "ssh", "docker restart web", None),
)  # fmt: skip
READY = f"""useradd -m -s /bin/sh {PERSON}; usermod -aG docker {PERSON}
printf '{PERSON} ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/90-{PERSON}; chmod 440 /etc/sudoers.d/90-{PERSON}
mkdir -p /home/{PERSON}/.ssh; cp /run/talk/key.pub /home/{PERSON}/.ssh/authorized_keys
chown -R {PERSON}: /home/{PERSON}/.ssh; chmod 700 /home/{PERSON}/.ssh; chmod 600 /home/{PERSON}/.ssh/authorized_keys
"""
_GOOD = "sysctl -qw net.ipv4.ip_forward=1; ip link set docker0 up; systemctl restart docker; sleep 6"


def main() -> int:
    """Tell each history; the exit status is 1 if somebody was blamed wrongly, 2 if the host could not be asked."""
    arguments = _arguments()
    wanted = [each for each in HISTORIES if not arguments.only or any(word in each.name for word in arguments.only)]
    require()
    install_programs(*PROGRAMS)
    results: Path = arguments.keep
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(results / "key")), check=True)
    counts = {"right": 0, "nobody": 0, "wrong": 0}
    try:
        with _booted(results, emulated=arguments.emulated) as host:
            prepare(host, ())
            host.must(f"{READY}systemctl start ssh cron")
            for each in wanted:
                verdict, lines = _told(host, each, results)
                counts[verdict] += 1
                _say(f"{verdict:<7} {each.name}", *lines)
    except GuestError as error:
        _say(str(error))
        return 2
    _say(
        f"{len(wanted)} histories: {counts['right']} right, {counts['nobody']} without a name, {counts['wrong']} wrong"
    )
    return int(counts["wrong"] > 0)


def _booted(results: Path, *, emulated: bool) -> AbstractContextManager[Host]:
    image = disk(None, SUITE)
    if emulated:
        guests_at_once(1)
        return running_host(kernel(KERNEL, cache_folder(), None), image, results)
    return native_host(image.with_name(image.name.rpartition("-")[0]), results)


def _told(host: Host, history: History, results: Path) -> tuple[Verdict, tuple[str, ...]]:
    host.run(history.before or ":")
    host.must(_GOOD)
    time.sleep(2)
    _do(host, history, results)
    time.sleep(4)
    answer = _answer(host)
    host.run(history.after or ":")
    blocking = [each for each in answer.causes if each.severity == "blocking"]
    named = [actor for each in blocking if each.blame is not None for actor in each.blame.actors]
    lines = tuple(_shown(answer))
    return history.verdict(tuple((each.kind, each.name) for each in named)), lines


def _shown(answer: Answer) -> Iterator[str]:
    for cause in answer.causes:
        if cause.severity == "blocking":
            blame = cause.blame
            who = "nobody" if blame is None else ", ".join(f"{one.kind} {one.name}" for one in blame.actors) or "a time"
            yield f"{cause.id}: {who}"


def _do(host: Host, history: History, results: Path) -> None:
    match history.how:
        case "ssh":
            host.client.run(by_person(results / "key", history.deed))
        case "cron":
            host.must(by_cron(history.deed), limit_s=200)
        case "timer":
            unit = (
                f"[Unit]\\nDescription=Own care\\n[Service]\\nType=oneshot\\nExecStart=/bin/sh -c '{history.deed}'\\n"
            )
            host.must(f'printf "{unit}" >/etc/systemd/system/own.service; systemctl daemon-reload; systemctl start own')
        case "package":
            host.must(by_package(history.deed))
        case _:
            host.must(history.deed)


def by_person(key: Path, deed: str) -> str:
    """Return the client's command by which the person does it over ssh, with sudo.  It may cut the connection."""
    options = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes")
    login = ("timeout", "20", "ssh", "-tt", "-q", *options, "-i", str(key), f"{PERSON}@{HOST}", f"sudo {deed}")
    return f"{shlex.join(login)} </dev/null >/dev/null 2>&1 || true"


def by_cron(deed: str) -> str:
    """Return the host's command by which cron does it once."""
    line = shlex.quote(f"* * * * * root {deed}")
    return f"printf '%s\\n' {line} >/etc/cron.d/own; sleep 70; rm /etc/cron.d/own"


def by_package(deed: str) -> str:
    """Return the host's command by which the script of a package that is installed does it."""
    return _PACKAGE.replace("DEED", deed)


_PACKAGE = """rm -rf /root/own; mkdir -p /root/own/DEBIAN
cat >/root/own/DEBIAN/control <<END
Package: own
Version: 1.$(date +%s)
Architecture: all
Maintainer: ann <ann@example.org>
Description: own care
END
printf '#!/bin/sh\\nDEED\\n' >/root/own/DEBIAN/postinst; chmod 755 /root/own/DEBIAN/postinst
dpkg-deb -b /root/own /root/own.deb >/dev/null; dpkg -i /root/own.deb >/dev/null"""


def _answer(host: Host) -> Answer:
    """Return what ``hairpin check`` says on the host, with since and through."""
    read = evidence_of(host)
    whole = with_traces(read, collect(GuestRunner(host), traces=("all",)))
    answer = answered(parse_question("check", (), None, (), World()), (whole,), ahead=False)
    return with_blame(answer, story_of(answer.evidence, None))


def _say(*lines: str) -> None:
    for number, line in enumerate(lines):
        sys.stdout.write(f"{'    ' if number else ''}{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Break a host with systemd, and let its traces tell who did it.")
    parser.add_argument("--only", action="append", default=[], help="a word of the history's name")
    parser.add_argument("--emulated", action="store_true", help="on an emulated machine with a kernel of its own")
    parser.add_argument("--keep", type=Path, default=cache_folder("hosts") / "histories", help="folder for the console")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
