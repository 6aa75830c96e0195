"""firewalld, ufw and units, as their commands show them."""

import pytest

from hairpin.evidence import file
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, host_in, keys_in, output_of, text_of


def test_the_law_of_firewalld_s_zones() -> None:
    known = parse(file.read(RECORDED / "docker.hairpin")).firewalld
    found = host_in(output_of("docker.txt", "firewall-cmd --list-all-zones")).firewalld
    assert known is not None
    assert found is not None
    assert found.running
    zones = {each.name: each for each in found.runtime}
    for each in known.runtime:
        same = zones[each.name]
        assert (same.target, set(same.interfaces), set(same.services), same.ports, same.masquerade) == (
            each.target, set(each.interfaces), set(each.services), each.ports, each.masquerade,
        )  # fmt: skip


def test_a_zone_without_its_indentation_and_with_rules() -> None:
    text = (
        "public (default, active)\ntarget: default\ninterfaces: eth0\nsources:\nservices: ssh\nports: 80/tcp 443/tcp\n"
        'masquerade: yes\nrich rules:\nrule family="ipv4" source address="10.0.0.0/8" accept\n'
    )
    firewalld = host_in(text).firewalld
    assert firewalld is not None
    assert firewalld.default_zone == "public"
    (zone,) = firewalld.runtime
    assert (zone.ports, zone.masquerade, len(zone.rich_rules)) == (("80/tcp", "443/tcp"), True, 1)


def test_permanent_zones_are_not_those_of_run_time() -> None:
    text = output_of("docker.txt", "firewall-cmd --list-all-zones").replace(
        "--list-all-zones", "--permanent --list-all-zones"
    )
    assert keys_in(text) == ("firewalld-state",)


@pytest.mark.parametrize(
    ("text", "running"),
    (
        ("$ firewall-cmd --state\nrunning", True),
        ("$ firewall-cmd --state\nnot running", False),
        ("FirewallD is not running", False),
        ("$ firewall-cmd --list-ports\n80/tcp 443/tcp", True),
        ("$ systemctl is-active firewalld\ninactive", False),
    ),
)
def test_whether_firewalld_runs(text: str, running: bool) -> None:
    firewalld = host_in(text).firewalld
    assert firewalld is not None
    assert firewalld.running is running


def test_direct_rules_are_kept() -> None:
    text = "ipv4 filter DOCKER-USER 0 -s 10.0.0.0/8 -j ACCEPT\n"
    assert text_of(text, "firewalld-direct") == text


def test_ufw_with_its_policies() -> None:
    text = output_of("podman.txt", "ufw status verbose")
    ufw = host_in(text).ufw
    assert ufw is not None
    assert (ufw.enabled, ufw.default_input_policy, ufw.default_forward_policy) == (True, "DROP", "DROP")


def test_ufw_that_routes_nothing_tells_the_sysctl() -> None:
    text = (
        "Status: active\nLogging: on (low)\nDefault: deny (incoming), allow (outgoing), disabled "
        "(routed)\nNew profiles: skip"
    )
    assert text_of(text, "sysctl") == "/proc/sys/net/ipv4/ip_forward:0\n"
    ufw = host_in(text).ufw
    assert ufw is not None
    assert ufw.default_forward_policy is None


def test_inactive_ufw() -> None:
    ufw = host_in("$ sudo ufw status\nStatus: inactive").ufw
    assert ufw is not None
    assert not ufw.enabled


STATUS = """\
\u25cf docker.service - Docker Application Container Engine
     Loaded: loaded (/lib/systemd/system/docker.service; enabled; vendor preset: enabled)
     Active: active (running) since Mon 2021-05-10 10:00:00 UTC; 1h ago
   Main PID: 1234 (dockerd)
     CGroup: /system.slice/docker.service
             \u2514\u25001234 /usr/bin/dockerd -H fd:// --iptables=false --registry-mirror=https://me:hunter2@example.org
"""


@pytest.mark.parametrize("text", (STATUS, "\n".join(line.strip() for line in STATUS.splitlines())))
def test_a_unit_and_the_flags_of_dockerd(text: str) -> None:
    host = host_in(text)
    assert [(each.name, each.active, each.enabled) for each in host.units] == [("docker.service", "active", "enabled")]
    assert host.engines[0].iptables is False
    assert "hunter2" not in text_of(text, "dockerd-cmdline")


def test_words_of_units() -> None:
    host = host_in("$ systemctl is-enabled docker ufw\nenabled\ndisabled")
    assert [(each.name, each.enabled) for each in host.units] == [
        ("docker.service", "enabled"),
        ("ufw.service", "disabled"),
    ]


@pytest.mark.parametrize(
    "text",
    ("Status: active", "running", "active", "The zone public (active) is used:\ntarget: all of them", "docker.service is enabled",
     "# Status: active\n# 22/tcp   ALLOW   Anywhere"),
)  # fmt: skip
def test_prose_and_other_programs_tell_nothing(text: str) -> None:
    assert keys_in(text) == ()
