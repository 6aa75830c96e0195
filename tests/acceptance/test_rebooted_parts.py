"""Each kind of lasting part has a scenario that `make reboot` really reboots, or a reason why it has none."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_args

import pytest

from hairpin.change import calls
from hairpin.change.calls import OwnersCall
from hairpin.change.commands.text import call_text
from hairpin.host.boot.rule_keeper import RuleKeeper
from hairpin.lab.probe import Outcome
from tests.reboot.fixed import RELOADS, FixedRow, Stage, hosts_of
from tests.reboot.host import Done, Host
from tests.reboot.parts import NOT_REBOOTED, PARTS, Part, UnknownPartError, of_command, of_file
from tests.reboot.runner import GuestRunner
from tests.reboot.scenarios import REBOOTS, ROWS, Row

ROOT = Path(__file__).resolve().parents[2]

FILES: dict[str, tuple[tuple[str, str | None, str], Part]] = {
    "new sysctl file": (("/etc/sysctl.d/99-hairpin.conf", None, "a = 1\n"), "sysctl file"),
    "line of a sysctl file": (("/etc/sysctl.conf", "a = 0\n", "a = 1\n"), "sysctl line"),
    "line taken out of a sysctl file": (("/etc/sysctl.d/60-hardening.conf", "a = 0\n", ""), "sysctl line"),
    "drop-in": (("/etc/systemd/network/a.network.d/90-hairpin-1.conf", None, "[Route]\n"), "networkd drop-in"),
    "dockerd's own file": (("/etc/docker/daemon.json", '{"iptables":false}', "{}"), "engine option"),
    "policy": (("/etc/iptables/rules.v4", ":INPUT DROP\n", ":INPUT ACCEPT\n"), "saved policy"),
    "rule": (("/etc/iptables/rules.v6", "*filter\n", "*filter\n-A x\n"), "saved rule"),
    "rule taken out": (("/etc/iptables.up.rules", "*filter\n-A x\n", "*filter\n"), "saved rule removed"),
    "line of a script of nft": (("/etc/nftables.d/x.nft", "drop\n", "accept\ndrop\n"), "nft rule"),
}

CALLS: dict[Part | None, tuple[OwnersCall, ...]] = {
    "restart policy": (calls.SetRestartPolicy("docker", "unless-stopped", "web"),),
    "network connection": (calls.ConnectContainer("docker", "connect", "bridge", "web"),),
    "firewalld port": (
        calls.OpenPort("public", 80, "tcp", permanent=True),
        # Another element of the same file.
        calls.AddRichRule("zone", "public", 'rule port port="80" protocol="tcp" accept', permanent=True),
    ),
    "firewalld interface": (
        calls.BindInterface("docker", "docker0", permanent=True),
        # Another element of the same kind of file.
        calls.TrustSource("172.17.0.0/16", permanent=True),
    ),
    "firewalld direct rule": (
        calls.AddDirectRule("ip", "filter", "FORWARD", "-j ACCEPT"),
        calls.AddDirectChain("ip", "filter", "DOCKER-USER"),
    ),
    "engine at boot": (calls.SetUnitState("enable", "docker"),),
    "ufw allow": (calls.AllowInUfw(80, "tcp"), calls.AllowInUfw(80, "tcp", routed=True, iif="eth0", first=True)),
    "unban": (calls.Unban("cscli", "", "192.0.2.1"),),
    None: (
        calls.ReloadUfw(),
        calls.SetUnitState("enable", "hairpin-x.service"),
        # These keep nothing: a container that runs again, rules that are made again, and a network, which stays.
        calls.MakeNetwork("docker", "shared"),
        calls.SetContainerState("docker", "start", "web"),
        calls.ReloadNetworks(),
        calls.EndProcess(7),
        calls.SetPanicMode(on=False),
    ),
}

KEEPERS: dict[RuleKeeper, Part] = {
    "firewalld": "firewalld direct rule",
    "ufw": "ufw rule file",
    "netfilter-persistent": "saved rule",
    "iptables-services": "iptables-services rule",
    "nftables": "nft rule",
    "none": "unit",
}


WRITERS: dict[str, tuple[Part, ...]] = {
    "kept_nft.nft_insertions": ("nft rule",),
    "kept_rules._saved_files": ("saved rule", "iptables-services rule", "ufw rule file"),
    "kept_rules._with_policy": ("saved policy", "ufw policy"),
    "kept_rules._without_rule": ("saved rule removed", "nft rule removed", "ufw rule file"),
    "lasting._files_kept": ("module",),
    "network_configuration.by_networkd": ("networkd drop-in",),
    "sysctl_file._kept": ("sysctl file", "module"),
    "sysctl_file._set_before_the_engine": ("sysctl file",),
    "unit.by_loopback_unit": ("unit",),
    "unit.by_unit": ("unit",),
}
"""The functions of src/hairpin/remedy that write a file, and what they write."""


def writers() -> Iterator[str]:
    """Yield ``FILE.FUNCTION`` of each function there that makes a WriteFile."""
    for path in (ROOT / "src" / "hairpin" / "remedy").rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and any(
                isinstance(each, ast.Call) and ast.unparse(each.func).rpartition(".")[2] == "WriteFile"
                for each in ast.walk(function)
            ):
                yield f"{path.stem}.{function.name}"


def test_every_function_that_writes_a_file_has_its_kinds() -> None:
    assert set(writers()) == set(WRITERS)
    assert {part for parts in WRITERS.values() for part in parts} <= set(PARTS)


def test_every_kind_is_rebooted_or_says_why_not() -> None:
    rebooted = {row.part for row in ROWS}
    assert rebooted.isdisjoint(NOT_REBOOTED)
    assert {*rebooted, *NOT_REBOOTED} == set(PARTS)
    assert len({(row.part, row.scenario) for row in ROWS}) == len(ROWS)


def test_every_keeper_of_rules_has_a_kind() -> None:
    assert set(KEEPERS) == set(get_args(RuleKeeper))
    assert set(KEEPERS.values()) <= set(PARTS)


@pytest.mark.parametrize(("file", "part"), FILES.values(), ids=FILES)
def test_the_kind_of_a_file(file: tuple[str, str | None, str], part: Part) -> None:
    assert of_file(*file) == part


def test_the_kind_of_a_call() -> None:
    assert {part: {of_command(call_text(each)) for each in made} for part, made in CALLS.items()} == {
        part: {part} for part in CALLS
    }


def test_every_call_is_of_a_kind_or_keeps_nothing() -> None:
    assert {type(call) for made in CALLS.values() for call in made} == set(get_args(OwnersCall))


def test_what_is_of_no_kind_is_refused() -> None:
    with pytest.raises(UnknownPartError):
        of_file("/etc/rc.local", None, "x\n")
    with pytest.raises(UnknownPartError):
        of_command("crontab -e", keeps=True)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.part}, {row.scenario}" for row in ROWS])
def test_a_rebooted_scenario_has_a_connection_that_its_fault_breaks(row: Row) -> None:
    assert row.flow().before is Outcome.DELIVERED


def test_scenarios_that_share_a_reboot_have_the_same_containers() -> None:
    for reboot in REBOOTS:
        plans = {(row.of().lab.daemon, row.of().lab.containers) for row in reboot.rows}
        assert len(plans) == 1, reboot.rows


def test_each_scenario_is_applied_on_one_host() -> None:
    hosts = hosts_of(REBOOTS)
    applied = [row for each in hosts for row in each.rows]
    assert sorted(map(str, applied)) == sorted(map(str, ROWS))
    # Broken all at once, they may not break the same flow in the same way.
    assert all(len({row.scenario for row in each.rows}) == len(each.rows) for each in hosts)
    assert {(each.machine, each.loader) for each in hosts} == {(each.machine, each.loader) for each in REBOOTS}


def test_of_the_events_only_reloads_are_held_against_a_repair() -> None:
    assert all("restart" not in name.partition("-")[2] for name in RELOADS if name != "saved-rules-restore")
    assert {"ufw-reload", "firewalld-reload", "nftables-reload", "saved-rules-restore"} < set(RELOADS)


def test_a_row_holds_if_each_connection_ends_as_wanted_and_nothing_else_is_wrong() -> None:
    row, good, bad = ROWS[0], Stage("apply", "delivered", "delivered"), Stage("reboot", "timeout", "delivered")
    assert FixedRow(row, ("a",), (good,), ()).holds
    assert not FixedRow(row, ("a",), (good, bad), ()).holds
    assert not FixedRow(row, ("a",), (good,), ("after undo and reboot files: +x",)).holds
    assert list(FixedRow(row, ("a",), (good, bad), ("left",)).lines())[1:] == [
        "    after reboot the connection is timeout, and should be delivered",
        "    left",
    ]


class _Local:
    """In place of the guest: this machine, which sees the folder where it lies."""

    def __init__(self, talk: Path) -> None:
        self.talk = talk

    def run(self, script: str, *, limit_s: int) -> Done:
        done = subprocess.run(
            ("sh", "-eu", "-c", script.replace("/run/talk", str(self.talk))),
            capture_output=True, text=True, timeout=limit_s, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr.strip())


def test_a_request_reaches_the_guest_as_it_would_by_ssh(tmp_path: Path) -> None:
    runner = GuestRunner(cast("Host", _Local(tmp_path)))
    answer = runner.talk('printf "%s|" "$@"; cat; echo no >&2; exit 3', ("ask", "two words"), b"\0data\n", 1.0)
    assert (answer.status, answer.stdout, answer.stderr) == (3, b"ask|two words||\0data\n", b"no")
    assert runner.run(b"printf %s $1", ("x",)).stdout == b"x"
