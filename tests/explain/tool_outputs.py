"""``python -m tests.explain.tool_outputs``: the own output of podman, firewalld, ufw and dockerd on a host with systemd
that is broken, explained there (root).

Each output has to end in a cause that ``hairpin check`` proves on the host, or say what is meant without one.
"""

import shutil
import sys

import msgspec

from hairpin.lab.prerequisites import require
from tests.explain.whole_logs import explained
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.matrix.guests.trial import prepare
from tests.reboot.booting import booting
from tests.reboot.host import Host
from tests.reboot.userland import PODMAN


class ToolOutput(msgspec.Struct, frozen=True):
    """``broken``: makes the fault; ``asked``: what is run then, whose output is explained; ``after``: takes it back.

    ``entry``: the entry of the catalogue that has to be met; ``cause``: what has to be true here; empty: nothing has
    to."""

    name: str
    broken: str
    asked: str
    entry: str
    cause: str = ""
    after: str = ":"


_FIREWALLD = "systemctl start firewalld; sleep 6; systemctl restart docker; sleep 5"
OUTPUTS: tuple[ToolOutput, ...] = (
    ToolOutput("podman, a port of another process", "systemd-run -q --unit=held busybox httpd -f -p 8170; sleep 1",
               "podman run --rm -p 8170:80 localhost/hairpin-lab true", "podman-port-in-use",
               after="systemctl stop held"),
    ToolOutput("podman, a port of a container of Docker", ":",
               "podman run --rm -p 8151:80 localhost/hairpin-lab true", "podman-port-in-use"),
    ToolOutput("docker, nat flushed and deleted", "iptables -t nat -F; iptables -t nat -X",
               "docker run --rm -p 8171:80 hairpin-lab true", "docker-nat-chain-gone", "masquerade-missing",
               "systemctl restart docker; sleep 5"),
    ToolOutput("firewalld, its log of a rule that dockerd could not make",
               f"{_FIREWALLD}; iptables -t nat -F; iptables -t nat -X; "
               "docker run --rm -p 8172:80 hairpin-lab true || true",
               "journalctl -q -u firewalld -o cat -n 20", "firewalld-command-failed-nat", "docker-nat-chain-missing",
               "systemctl stop firewalld; systemctl restart docker; sleep 5"),
    ToolOutput("firewall-cmd without firewalld", ":", "firewall-cmd --reload", "firewalld-not-running"),
    ToolOutput("iptables-restore of ufw with a wrong line",
               "cp /etc/ufw/after.rules /root/; sed -i 's/^COMMIT/-A ufw-after-nothing -j DROP\\nCOMMIT/' "
               "/etc/ufw/after.rules", "ufw --force enable", "ufw-init-problem",
               after="ufw --force disable; cp /root/after.rules /etc/ufw/after.rules; systemctl restart docker"),
)  # fmt: skip


def main() -> int:
    """Explain each output; the exit status is the number of those that did not end as they have to."""
    require()
    results = cache_folder("hosts") / "tool-outputs"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    wrong = 0
    with booting(emulated=False)(results) as host:
        prepare(host, ())
        host.run(f"mv {PODMAN[1]} {PODMAN[0]}; mount -t tmpfs tmpfs /var/lib/containers")
        host.run("docker save hairpin-lab | podman load -q")
        for each in OUTPUTS:
            try:
                wrong += not _is_right(host, each)
            except GuestError as error:
                wrong += 1
                sys.stdout.write(f"trouble {each.name}: {error}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(OUTPUTS) - wrong} of {len(OUTPUTS)} right\n")
    return wrong


def _is_right(host: Host, each: ToolOutput) -> bool:
    host.must(each.broken)
    said = host.run(f"{each.asked} 2>&1").output
    told = explained(host, said)
    found = {one.text.entry.id: one.here for one in told.found}
    here = found.get(each.entry)
    causes = [one.id for one in told.answer.causes if one.severity == "blocking"] if told.answer is not None else []
    right = here is not None and (not each.cause or (here.here == "true" and each.cause in causes))
    sys.stdout.write(f"{'right' if right else 'wrong'}   {each.name}\n    {said.strip()[-300:]}\n")
    sys.stdout.write(f"    {', '.join(f'{name}: here {one.here}' for name, one in found.items())}; {causes}\n")
    host.run(each.after)
    return right


if __name__ == "__main__":
    sys.exit(main())
