"""The guard's sources on this kernel, in a network namespace of their own: each change is told, with who made it."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin.guard.culprit import Makers
from hairpin.guard.sources.config_files import ConfigFiles
from tests.whole import WHOLE

PROGRAM = """
import json, os, subprocess, sys
from hairpin.guard.culprit import numbers_are_own
from hairpin.guard.watch import Watch
STARTS = "which programs start"
watch = Watch()
blind = [str(each) for each in watch.blind]
# of programs that start, the kernel tells in the first namespace of processes only
assert [each.partition(" cannot be watched")[0] for each in blind] == ([] if numbers_are_own() else [STARTS]), blind
for command in json.loads(sys.argv[1]):
    with subprocess.Popen(("sh", "-c", command + "; read ended"), stdin=subprocess.PIPE) as writer:
        told = watch.burst(20.0)
        writer.communicate(b"ended ")
        while watch.burst(0.1):  # what the end of the program changes
            pass
    said = [[each.part, each.detail, each.culprit.name if each.culprit else ""] for each in told]
    print(json.dumps(said), flush=True)
watch.close()
"""
"""A burst waits 20 seconds for a change, of which the kernel tells at once.  The shell lives until it was read."""


def told(*commands: str) -> list[list[list[str]]]:
    argv = ("unshare", "--net", sys.executable, "-c", PROGRAM, json.dumps(["ip link set lo up", *commands]))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()][1:]


def test_rules_and_who_wrote_them() -> None:
    (added, deleted) = told("nft add table inet guarded", "nft delete table inet guarded")
    assert {(part, name) for part, _, name in (*added, *deleted)} == {("rules", "nft")}


def test_settings_and_who_wrote_them() -> None:
    (written,) = told("echo 1 > /proc/sys/net/ipv4/conf/lo/route_localnet")
    assert ["sysctls", "net.ipv4.conf.lo.route_localnet", "sh"] in written


def test_links_and_addresses() -> None:
    made, given = told("ip link add guarded0 type bridge", "ip address add 192.0.2.1/24 dev guarded0")
    assert "links" in {part for part, _, _ in made}
    assert "addresses" in {part for part, _, _ in given}


def test_a_setting_of_a_link_that_came_later() -> None:
    _, written = told("ip link add guarded0 type bridge", "echo 1 > /proc/sys/net/ipv4/conf/guarded0/route_localnet")
    assert "net.ipv4.conf.guarded0.route_localnet" in {detail for _, detail, _ in written}


def test_tables_of_iptables_legacy() -> None:
    if subprocess.run(("iptables-legacy", "-V"), capture_output=True, check=False).returncode:
        pytest.skip("no iptables-legacy")
    (_, dropped) = told("iptables-legacy -N GUARDED", "iptables-legacy -A GUARDED -j DROP")
    assert ["rules", "iptables-legacy", ""] in dropped


def test_a_rule_of_iptables_legacy_that_is_replaced_by_one_as_long() -> None:
    if subprocess.run(("iptables-legacy", "-V"), capture_output=True, check=False).returncode:
        pytest.skip("no iptables-legacy")
    program = """
import subprocess
from hairpin.guard.sources.legacy import LegacyTables
write = lambda *words: subprocess.run(("iptables-legacy", *words), check=True)
write("-A", "INPUT", "-s", "192.0.2.1", "-j", "ACCEPT")
tables = LegacyTables()
write("-R", "INPUT", "1", "-s", "192.0.2.2", "-j", "ACCEPT")
print(tables.have_changed(by_rules=False), tables.have_changed(by_rules=True), tables.have_changed(by_rules=True))
"""
    done = subprocess.run(
        ("unshare", "--net", sys.executable, "-c", program), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]


@WHOLE
def test_a_program_that_has_ended_before_anybody_could_ask() -> None:
    """The kernel's messages of programs that start say who it was, if what hears them runs before the program ends.
    Beside other tests it may not."""
    (written,) = told("sysctl -qw net.ipv4.conf.lo.route_localnet=1")
    assert ["sysctls", "net.ipv4.conf.lo.route_localnet", "sysctl"] in written


def test_who_asked_rtnetlink() -> None:
    """ip reads its commands from a pipe, so it lives as long as the shell, until it was seen."""
    asked = "(echo {}; read ended) | ip -batch -"
    given, routed = told(
        asked.format("address add 192.0.2.1/24 dev lo"), asked.format("route add 198.51.100.0/24 dev lo")
    )
    assert ["addresses", "192.0.2.1/24", "ip"] in given
    assert ["routes", "198.51.100.0/24", "ip"] in routed


@WHOLE
def test_who_asked_rtnetlink_with_a_port_of_no_process() -> None:
    """A second socket of a process gets a negative port, so the files of processes are looked through."""
    (given,) = told(f"{sys.executable} {Path(__file__).parent / 'second_socket.py'}")
    assert ["addresses", "192.0.2.7/24", Path(sys.executable).name] in given


class Files:
    """The configuration below a folder, and what is told of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = ConfigFiles(Makers(), root, ())

    def told(self, command: str, until: str = "") -> list[tuple[str, str]]:
        """Run a command and return what is told, with the name of who did it.  ``until``: the file that has to be among
        it; without it, the first that is told ends the wait."""
        shell = ("sh", "-c", f"cd {self.root}; {command}; read ended")
        with subprocess.Popen(shell, stdin=subprocess.PIPE) as writer:
            found: list[tuple[str, str]] = []
            (descriptor,) = self.source.descriptors()
            while not any(until in name for name, _ in found) and select.select((descriptor,), (), (), 20.0)[0]:
                for each in self.source.heard(descriptor):
                    name = str(Path(each.detail).relative_to(self.root))
                    found.append((name, each.culprit.name if each.culprit else ""))
            writer.communicate(b"ended ")
        return found


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    for folder in ("docker", "default", "project"):
        (tmp_path / folder).mkdir()
    found = Files(tmp_path)
    yield found
    found.source.close()


def test_files_that_are_loaded_later(files: Files) -> None:
    assert ("docker/daemon.json", "sh") in files.told("echo >docker/daemon.json")
    assert "docker/daemon.json" in {name for name, _ in files.told("mv docker/daemon.json elsewhere")}
    assert files.told("echo >default/grub; echo >default/docker") == [("default/docker", "sh")]


def test_what_an_editor_leaves_is_no_configuration(files: Files) -> None:
    assert files.told("echo >docker/.daemon.json.swp; echo >docker/daemon.json~; echo >docker/key.json") == [
        ("docker/key.json", "sh")
    ]


def test_a_folder_that_appears_later(files: Files) -> None:
    (made,) = files.told("mkdir netplan.d; mkdir netplan; echo >netplan/one.yaml; read made <netplan/one.yaml")[:1]
    assert made[0] == "netplan/one.yaml"
    found = {name for name, _ in files.told("echo >netplan/two.yaml", "netplan/two.yaml")}
    assert "netplan/two.yaml" in found
    assert found <= {"netplan/one.yaml", "netplan/two.yaml"}  # the first one may be told again, by its own event


def test_compose_files_of_running_projects(files: Files) -> None:
    files.source.watch((files.root / "project" / "compose.yaml",))
    assert files.told("echo >project/notes; echo >project/compose.yaml") == [("project/compose.yaml", "sh")]
