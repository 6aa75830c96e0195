"""firewalld's zones, rules and state, as firewall-cmd shows them."""

from hairpin.evidence import file
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, host_in, keys_in, output_of, text_of
from tests.rows import each_row


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


@each_row(
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


@each_row(
    "text",
    ("running", "active", "The zone public (active) is used:\ntarget: all of them", "docker.service is enabled",
     "# Status: active\n# 22/tcp   ALLOW   Anywhere"),
)  # fmt: skip
def test_prose_and_other_programs_tell_nothing(text: str) -> None:
    assert keys_in(text) == ()
