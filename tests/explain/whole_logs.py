"""``python -m tests.explain.whole_logs``: the whole journal and dockerd's log of healthy hosts, explained there (root).

Ten hosts with systemd, each with other programs, some of them restarted.  No line of theirs may be told as a fault.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from hairpin.answer.texts.explain import Explanation, explain_texts
from hairpin.explain.line import Clock
from hairpin.explain.understand import understand
from hairpin.lab.prerequisites import require
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.matrix.guests.trial import prepare
from tests.reboot.booting import booting
from tests.reboot.host import Host
from tests.reboot.runner import evidence_of
from tests.reboot.userland import PODMAN

_UFW = "ufw default allow incoming; ufw default allow routed; ufw --force enable"
_PODMAN = (
    f"mv {PODMAN[1]} {PODMAN[0]}; mount -t tmpfs tmpfs /var/lib/containers; docker save hairpin-lab | podman load -q; "
    "podman run -d --name back -p 8160:80 localhost/hairpin-lab sleep inf"
)
_DAEMON = "mkdir -p /etc/docker; printf '{}' >/etc/docker/daemon.json; systemctl restart docker; sleep 5"
KINDS: dict[str, str] = {
    "docker": "systemctl start cron ssh",
    "docker restarted": "systemctl restart docker; sleep 5; docker restart web; systemctl reload docker",
    "docker killed": "systemctl kill -s KILL docker; sleep 8; docker network create own; docker network rm own",
    "a container that fails": "docker run -d --restart=on-failure:3 --name bad hairpin-lab sh -c 'exit 1'; sleep 6; "
    "docker rm bad",
    "no userland proxy": _DAEMON.format('{"userland-proxy": false, "live-restore": true, "debug": true}'),
    "firewalld": "systemctl start firewalld; sleep 4; systemctl restart docker; sleep 5; firewall-cmd --reload",
    "ufw": f"{_UFW}; ufw allow 8151/tcp; ufw reload; systemctl restart docker; sleep 5",
    "nftables and saved rules": "netfilter-persistent save; systemctl restart netfilter-persistent",
    "podman": _PODMAN,
    "NetworkManager": "systemctl start NetworkManager; sleep 4; sysctl --system; ip link add own type bridge; "
    "ip link del own",
}
_LOGS = {
    "journal": "journalctl -q --no-pager",
    "journal, JSON": "journalctl -q --no-pager -o json",
    "dockerd": "journalctl -q --no-pager -u docker -o cat",
    "kernel": "journalctl -q --no-pager -k -o short-monotonic",
}


def main() -> int:
    """Explain the logs of each host; the exit status is 1 if a line is told as a fault."""
    parser = argparse.ArgumentParser(description="Explain the whole logs of healthy hosts.")
    parser.add_argument("--only", action="append", default=[], help="a word of the host's name")
    words = parser.parse_args().only
    require()
    boot = booting(emulated=False)
    faults = lines = 0
    for name, script in KINDS.items():
        if words and not any(word in name for word in words):
            continue
        results = cache_folder("hosts") / "whole-logs"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir(parents=True)
        try:
            with boot(results) as host:
                prepare(host, ())
                host.must(script)
                time.sleep(3)
                for log, command in _LOGS.items():
                    told = explained(host, host.must(command))
                    lines += told.lines
                    faults += len(told.found)
                    _say(f"{name}, {log}: {told.lines} lines, {len(told.found)} faults, {len(told.harmless)} routine")
                    _say(*_shown(told))
        except GuestError as error:
            _say(f"{name}: {error}")
            faults += 1
    _say(f"{lines} lines, {faults} faults")
    return int(faults > 0)


def explained(host: Host, text: str) -> Explanation:
    """Return what ``hairpin explain`` says on the host of the text."""
    lines = (line.encode() for line in text.splitlines())
    understood = understand(lines, Clock(datetime.now(UTC), UTC))
    return explain_texts(understood, (evidence_of(host),), None)


def _shown(told: Explanation) -> Iterator[str]:
    for each in told.found:
        yield f"    {each.text.entry.id}, here {each.here.here}: {each.text.quote[:160]}"


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
