"""``python -m tests.matrix.guests.latent``: latent causes on hosts with systemd (root).

One host carries the rows out one after another: the fault, the question, the event, and everything back; then its twin
that lacks only the fault.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from hairpin.collect.run import collect
from hairpin.lab.plan import LabPlan
from hairpin.lab.prerequisites import require
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow
from hairpin.lab.topology import CLIENT, HOST
from hairpin.lab.trial import listening
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.machine.command import add_words, command, has_word
from tests.machine.hairpin import plain
from tests.machine.run import emptied, ended, tell
from tests.matrix.guests.kinds import COMMANDS, KINDS
from tests.matrix.guests.trial import prepare
from tests.matrix.waiting import Named, Side, Tried, Waiting, misses, named_in, table
from tests.reboot.booting import booting
from tests.reboot.host import Host
from tests.reboot.runner import GuestRunner
from tests.reboot.trial import probe
from tests.score.all_flows import Way

_SAVES = "mkdir -p /etc/iptables; systemctl enable -q netfilter-persistent"
_PORT = 9001
_OUT = "outside"
_FLOWS: Mapping[Way, Flow] = {
    Way("client", HOST, "8151"): Flow(to=f"{HOST}:8151"),
    Way("client", HOST, "8152"): Flow(to=f"{HOST}:8152"),
    Way("neighbour", HOST, "8151"): Flow(start="neighbour", to=f"{HOST}:8151"),
    Way("container:web", _OUT, ""): Flow(start="container:web", to=f"{CLIENT}:{_PORT}"),
    Way("container:shop", _OUT, ""): Flow(start="container:shop", to=f"{CLIENT}:{_PORT}"),
}
_BACK = """systemctl disable -q --now nftables netfilter-persistent 2>/dev/null || true
[ -e /root/nftables.conf ] || cp /etc/nftables.conf /root/nftables.conf
cp /root/nftables.conf /etc/nftables.conf; rm -f /etc/iptables/rules.v4 /etc/systemd/network/90-all.network
command -v ufw >/dev/null && ufw --force disable >/dev/null; nft flush ruleset
systemctl restart docker; sleep 4"""


def _saved(*tables: str) -> str:
    """Return the command that saves these tables, each a name and its rules behind it on lines of their own."""
    parts = (f"*{name}\n{rules}\nCOMMIT" for name, _, rules in (each.partition("\n") for each in tables))
    return f"{_SAVES}; cat >/etc/iptables/rules.v4 <<'END'\n{chr(10).join(parts)}\nEND"


def _script(text: str, *, enabled: bool) -> str:
    ends = "systemctl enable -q nftables; nft -f /etc/nftables.conf; systemctl start nftables; systemctl restart docker"
    return f"cat >/etc/nftables.conf <<'END'\n{text}\nEND\n{ends if enabled else ':'}; sleep 4"


_FILTER = (
    "filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 9999 -j DROP"
)
_NAT = "nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]"
_OWN = "table inet own {\n chain input {\n  type filter hook input priority 0;\n  tcp dport 9999 drop\n }\n}"
_PARTS = f"flush table ip nat\nflush table ip filter\n{_OWN}"
_STALE = f"{_SAVES}; iptables-save | sed s/{{}}/{{}}/g >/etc/iptables/rules.v4"
_UFW = "ufw default allow incoming >/dev/null; ufw default allow routed >/dev/null; ufw --force enable >/dev/null"


def _raw(port: int) -> str:
    return f"raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp --dport {port} -j DROP"


def _mangle(port: int) -> str:
    rule = f"-A FORWARD -m conntrack --ctorigdstport {port} --ctdir ORIGINAL -j DROP"
    return f"mangle\n:PREROUTING ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{rule}"


_NETWORK = "printf '[Match]\\n{}\\n[Network]\\nDHCP=no\\n' >/etc/systemd/network/90-all.network; sleep 1"


def _row(cause: str, event: str, fault: str, lasting: str) -> Waiting:
    return Waiting(cause, event, LabPlan, fault, lasting)


ROWS: Mapping[str, Waiting] = {
    "saved filter": _row(
        "iptables-service-restart-wipes", "saved-rules-restore", _saved(_FILTER, _NAT), _saved(_raw(9999))
    ),
    "saved nat": _row(
        "iptables-service-restart-wipes", "saved-rules-restore", _saved(_NAT), _saved(_NAT.replace("nat", "mangle", 1))
    ),
    "rules of another day": _row(
        "saved-rules-contain-engine-rules", "saved-rules-restore", _STALE.format("172.17.0.2", "172.17.0.9"),
        _STALE.format("172.17.0.2", "172.17.0.2"),
    ),
    "rules of another day, network": _row(
        "saved-rules-contain-engine-rules", "saved-rules-restore", _STALE.format("172.18.0.2", "172.18.0.9"),
        _STALE.format("172.18.0.2", "172.18.0.2"),
    ),
    "a script that flushes all": _row(
        "nft-conf-flush-ruleset", "nftables-reload", _script(f"flush ruleset\n{_OWN}", enabled=True),
        _script(f"flush ruleset\n{_OWN}", enabled=False),
    ),
    "a script that flushes tables": _row(
        "nft-conf-flush-ruleset", "nftables-reload", _script(_PARTS, enabled=True), _script(_PARTS, enabled=False)
    ),
    "ufw and saved rules": _row(
        "mixed-firewall-managers", "saved-rules-restore", f"{_UFW}; {_saved(_raw(8151))}",
        f"{_UFW}; {_saved(_raw(8159))}",
    ),
    "ufw and saved rules, mangle": _row(
        "mixed-firewall-managers", "saved-rules-restore", f"{_UFW}; {_saved(_mangle(8152))}",
        f"{_UFW}; {_saved(_mangle(8159))}",
    ),
    "networkd claims veth": _row(
        "manager-claims-container-links", "networkd-restart", _NETWORK.format("Name=veth*"),
        _NETWORK.format("Name=eth7"),
    ),
    "networkd claims ether": _row(
        "manager-claims-container-links", "networkd-restart", _NETWORK.format("Type=ether"),
        _NETWORK.format("Type=wlan"),
    ),
}  # fmt: skip


def main() -> int:
    """Try the rows; the exit status is 1 if one is wrong, 2 if the host could not be asked."""
    about = "Name what waits for an event on a host with systemd, and let it come."
    parser = command("tests.matrix.guests.latent", about)
    add_words(parser, "--row", "rows whose names have one of the words")
    parser.add_argument("--native", action="store_true", help="on this machine's kernel")
    parser.add_argument("--keep", type=Path, default=cache_folder("hosts") / "latent", help="folder for the console")
    return tell(_tried_rows(parser.parse_args()), Tried.lines, Tried.is_wrong, table=table)


def _tried_rows(arguments: argparse.Namespace) -> Iterator[Tried]:
    rows = [(name, row) for name, row in ROWS.items() if has_word(name, arguments.row)]
    require()
    boot = booting(emulated=not arguments.native)
    with boot(emptied(arguments.keep)) as host, listening(host.client, _PORT):
        prepare(host, ())
        for name, row in sorted(rows, key=lambda each: each[1].event == "networkd-restart"):
            if row.event == "networkd-restart":
                _with_networkd(host)
            said = misses(row, _side(host, row, row.fault), _side(host, row, row.lasting))
            yield Tried(name, row.cause, row.event, tuple(said))


def _with_networkd(host: Host) -> None:
    if host.run("systemctl is-active systemd-networkd").status:
        for command in KINDS["networkd"].setup:
            host.must(command)


def _side(host: Host, row: Waiting, command: str) -> Side:
    host.run(_BACK)
    try:
        host.must(command)
        answer = plain((collect(GuestRunner(host)),))
        named = tuple(msgspec.structs.replace(each, flows=_tried(each)) for each in named_in(answer))
        before = _measured(host)
        host.run(COMMANDS[row.event])
        time.sleep(3)
        return Side(named, before, _measured(host))
    except GuestError as error:
        return Side(trouble=str(error))


def _measured(host: Host) -> Mapping[Way, bool]:
    return {way: _passes(host, flow) for way, flow in _FLOWS.items()}


def _passes(host: Host, flow: Flow) -> bool:
    with suppress(GuestError):  # a container that does not run
        return probe(host, flow) is Outcome.DELIVERED
    return False


def _tried(named: Named) -> tuple[Way, ...]:
    """Return the flows that are tried for those that are named: a way out stands for every address outside."""
    ways = (
        Way(each.start, _OUT, "") if each.start.startswith("container:") else Way(each.start, HOST, each.port)
        for each in named.flows
    )
    return tuple(dict.fromkeys(each for each in ways if each in _FLOWS))


if __name__ == "__main__":
    sys.exit(ended(main))
