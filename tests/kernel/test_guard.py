"""The guard's sources on this kernel, in a network namespace of their own: each change is told, with who made it."""

import json
import select
import subprocess
import sys
from pathlib import Path

import pytest

from hairpin.guard.config_files import FileWatch

PROGRAM = """
import json, os, subprocess, sys
from hairpin.guard.watch import Watch
watch = Watch()
assert not watch.blind, watch.blind
for command in json.loads(sys.argv[1]):
    with subprocess.Popen(("sh", "-c", command + "; read ended"), stdin=subprocess.PIPE) as writer:
        told = watch.burst(20.0)
        writer.communicate(b"ended ")
    print(json.dumps([[each.part, each.detail, each.culprit.name if each.culprit else ""] for each in told]))
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


def test_files_that_are_loaded_later(tmp_path: Path) -> None:
    for folder in ("docker", "default"):
        (tmp_path / folder).mkdir()
    watch = FileWatch(tmp_path)

    def told(command: str) -> set[tuple[str, bool]]:
        with subprocess.Popen(("sh", "-c", f"cd {tmp_path}; {command}; read ended"), stdin=subprocess.PIPE) as writer:
            found: set[tuple[str, bool]] = set()
            while not found and select.select(watch.groups, (), (), 20.0)[0]:
                found = {(name, pid == writer.pid) for group in watch.groups for name, pid in watch.writes(group)}
            writer.communicate(b"ended ")
        return found

    try:
        assert ("daemon.json", True) in told("echo >docker/daemon.json")
        assert "daemon.json" in {name for name, _ in told("mv docker/daemon.json elsewhere")}
        assert told("echo >default/grub; echo >default/docker") == {("docker", True)}
    finally:
        watch.close()
