"""A sysctl is set in the file that is read last; the file with the wrong value is named."""

import pytest
from msgspec.structs import replace

from hairpin.host.contact import Contact
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.host.managers import Unit, Version
from hairpin.remedy.boot.sysctl_file import written_at_boot
from tests.remedy.situations import HOST_NETNS, network, remedy, said, sysctl

KEY = "net.ipv4.conf.eth0.forwarding"


def test_a_value_that_no_file_sets_gets_a_file() -> None:
    told = remedy(network(), sysctl(KEY))
    assert told.commands == (f"sysctl -w {KEY}=1",)
    assert [(each.file, each.content) for each in told.persist] == [
        ("/etc/sysctl.d/99-hairpin-ipv4-eth0-forwarding.conf", f"{KEY} = 1\n")
    ]
    assert f"no configuration file sets {KEY}: somebody set it at run time" in said(told)


def test_a_dockerd_that_must_not_switch_forwarding_on_is_named() -> None:
    whole = network(("/etc/docker/daemon.json", '{\n"ip-forward": false\n}\n'))
    (docker,) = whole.this.engines
    told = said(remedy(whole.with_host(replace(whole.this, engines=(replace(docker, ip_forward=False),))),
                       sysctl("net.ipv4.ip_forward")))  # fmt: skip
    assert "dockerd leaves it alone (ip-forward=false, /etc/docker/daemon.json:2)" in told


@pytest.mark.parametrize(
    ("value", "active", "told"),
    (
        ("no", "inactive", f"sets {KEY} to 0, but systemd-networkd, which reads it, neither runs nor is enabled. Ch"),
        ("yes", "inactive", f"sets {KEY} to 1, but systemd-networkd, which reads it, neither runs nor is enabled"),
        ("yes", "active", f"makes systemd-networkd set {KEY} to 1: later, at run time, somebody has changed"),
    ),
)
def test_a_file_of_networkd_is_named(value: str, active: str, told: str) -> None:
    file = f"[Match]\nName=eth0\n[Network]\nIPv4Forwarding={value}\n"
    whole = network(
        ("/etc/systemd/network/20-eth0.network", file), units=(Unit("systemd-networkd.service", active, "disabled"),)
    )
    for versions in ((Version("systemd", "systemd 257 (257.9-1)"),), ()):
        found = said(remedy(whole.with_host(replace(whole.this, versions=versions)), sysctl(KEY)))
        assert f"/etc/systemd/network/20-eth0.network {told}" in found
        assert "no configuration file" not in found


def test_of_a_link_that_does_not_exist_yet_nobody_has_set_a_value() -> None:
    told = remedy(network(), sysctl("net.ipv4.conf.macvlan0.arp_filter"))
    assert [each.file for each in told.persist] == ["/etc/sysctl.d/99-hairpin-ipv4-macvlan0-arp-filter.conf"]
    assert "no configuration file" not in said(told)


def test_forwarding_that_was_switched_off_since_dockerds_start_gets_a_file_and_forward_stays_closed() -> None:
    """dockerd closes FORWARD only if it finds forwarding off: the file alone would leave it open at the next boot."""
    told = remedy(network(), sysctl("net.ipv4.ip_forward"))
    files = {each.file: each.content for each in told.persist}
    (unit,) = (each for each in files if each.endswith(".service"))
    assert files["/etc/sysctl.d/99-hairpin-ipv4-ip-forward.conf"] == "net.ipv4.ip_forward = 1\n"
    assert "iptables -w -t filter -P FORWARD DROP" in files[unit]
    assert told.persist_commands == (f"systemctl enable {unit.rpartition('/')[2]}",)
    assert "only the start of dockerd switched net.ipv4.ip_forward on" in said(told)


def test_ufw_keeps_forward_closed_by_its_own_file() -> None:
    found = network(("/etc/default/ufw", 'DEFAULT_FORWARD_POLICY="DROP"\n'), managed_by="ufw")
    told = remedy(found, sysctl("net.ipv4.ip_forward"))
    assert [each.file for each in told.persist] == ["/etc/sysctl.d/99-hairpin-ipv4-ip-forward.conf"]


def test_no_file_switches_forwarding_on_before_a_dockerd_that_does_not_run() -> None:
    found = network()
    contacts = (Contact("docker", "", "stopped"),)
    told = remedy(found.with_host(replace(found.this, contacts=contacts)), sysctl("net.ipv4.ip_forward"))
    assert told.keeping == ()
    assert "no file is needed for net.ipv4.ip_forward: dockerd switches it on when it starts" in said(told)


@pytest.mark.parametrize("line", ("net/ipv4/ip_forward = 0", "net.ipv4.conf.all.forwarding = 0"))
@pytest.mark.parametrize("path", ("/etc/sysctl.d/60-cis.conf", "/usr/lib/sysctl.d/99-vendor.conf"))
def test_a_file_that_switches_forwarding_off_stays_as_it_is(path: str, line: str) -> None:
    """hairpin's own file is read behind it.  dockerd then finds forwarding on, so FORWARD's policy is kept, too."""
    told = remedy(network((path, f"# CIS 3.1\n{line}\n")), sysctl("net.ipv4.ip_forward"))
    files = {each.file: each.content for each in told.persist}
    assert path not in files
    (own,) = (each for each in files if each.startswith("/etc/sysctl.d/"))
    assert own.rpartition("/")[2] > path.rpartition("/")[2]
    assert files[own] == "net.ipv4.ip_forward = 1\n"
    (unit,) = (each for each in files if each.endswith(".service"))
    assert "iptables -w -t filter -P FORWARD DROP" in files[unit]
    assert (
        f"line 2 of {path} sets net.ipv4.ip_forward to 0, so net.ipv4.ip_forward would be wrong again after a reboot"
        in said(told)
    )


@pytest.mark.parametrize("path", ("/etc/sysctl.conf", "/etc/ufw/sysctl.conf"))
def test_a_line_that_is_read_last_and_switches_forwarding_off_is_for_a_person(path: str) -> None:
    told = remedy(network((path, "vm.swappiness = 1\nnet/ipv4/ip_forward = 0\n")), sysctl("net.ipv4.ip_forward"))
    assert told.keeping == ()
    assert f"line 2 of {path} sets net.ipv4.ip_forward to 0 at each boot: delete that line" in said(told)


def test_the_tool_that_switches_forwarding_off_is_named() -> None:
    path = "/etc/sysctl.d/zz-hardening.conf"
    text = "# managed by ansible, do not edit\nnet.ipv4.ip_forward = 0\n"
    told = remedy(network((path, text)), sysctl("net.ipv4.ip_forward"))
    assert path not in {each.file for each in told.persist}
    assert f"{path} says “managed by ansible, do not edit”: change the value in the program" in said(told)


def test_the_engine_makes_its_own_links_anew() -> None:
    told = remedy(network(), sysctl("net.ipv4.conf.docker0.forwarding"))
    assert told.keeping == ()
    assert "the engine makes docker0 again at each start" in said(told)


def test_a_value_of_the_bridge_needs_its_module_first() -> None:
    told = remedy(network(), sysctl("net.bridge.bridge-nf-call-arptables"))
    assert {each.file: each.content for each in told.persist} == {
        "/etc/sysctl.d/99-hairpin-bridge-bridge-nf-call-arptables.conf": "net.bridge.bridge-nf-call-arptables = 1\n",
        "/etc/modules-load.d/hairpin-br_netfilter.conf": "br_netfilter\n",
    }


@pytest.mark.parametrize(
    "theirs", ("/etc/sysctl.d/99-salt.conf", "/usr/lib/sysctl.d/99-vendor.conf", "/etc/sysctl.d/zzzz-z.conf")
)
def test_a_file_of_its_own_sorts_behind_that_of_somebody_else(theirs: str) -> None:
    told = remedy(network((theirs, f"# salt\n{KEY} = 0\n")), sysctl(KEY))
    (file,) = told.persist
    assert (file.before, file.content) == (None, f"{KEY} = 1\n")
    assert file.file.startswith("/etc/sysctl.d/")
    assert file.file.rpartition("/")[2] > theirs.rpartition("/")[2]
    assert f"line 2 of {theirs} sets" in said(told)


@pytest.mark.parametrize("path", ("/etc/sysctl.conf", "/etc/ufw/sysctl.conf"))
def test_a_line_that_is_read_last_is_for_a_person(path: str) -> None:
    told = remedy(network((path, f"vm.swappiness = 1\n{KEY}=0\n# mine")), sysctl(KEY))
    assert told.keeping == ()
    assert (
        f"line 2 of {path} sets {KEY} to 0 and is applied last, so no other file helps: write 1 in that line"
        in said(told)
    )


def test_the_tool_whose_line_is_read_last_is_named() -> None:
    told = remedy(network(("/etc/sysctl.conf", f"# Ansible managed\n{KEY}=0\n")), sysctl(KEY))
    assert told.keeping == ()
    assert "/etc/sysctl.conf says “Ansible managed”: change the value in the program" in said(told)


@pytest.mark.parametrize("value", ("0", "1"))
def test_a_value_that_a_daemon_sets_is_pointed_out_and_not_fought(value: str) -> None:
    profile = ("/etc/tuned/own/tuned.conf", f"[sysctl]\n{KEY}={value}\n")
    found = network(
        ("/etc/tuned/active_profile", "own\n"), profile, units=(Unit("tuned.service", "active", "enabled"),)
    )
    told = remedy(found, sysctl(KEY))
    assert bool(told.persist) is (value == "1")
    assert (f"{profile[0]} makes tuned set {KEY} to 0 whenever tuned starts" in said(told)) is (value == "0")


def test_the_tool_that_writes_the_other_value_is_named_beside_our_file() -> None:
    told = remedy(network(("/etc/sysctl.d/50-x.conf", f"# Ansible managed\n{KEY} = 0\n")), sysctl(KEY))
    assert told.persist
    assert "/etc/sysctl.d/50-x.conf says “Ansible managed”: change the value in the program" in said(told)
    told = remedy(network(("/etc/sysctl.d/50-x.conf", f"# mine\n{KEY} = 0\n")), sysctl(KEY))
    assert "in the program that writes the file" not in said(told)


def test_a_file_with_the_right_value_needs_no_other() -> None:
    told = remedy(network(("/etc/sysctl.d/50-mine.conf", f"{KEY} = 1\n")), sysctl(KEY))
    assert told.persist == ()
    assert "later, at run time, somebody has changed" in said(told)


def test_a_containers_own_value_belongs_to_its_creation() -> None:
    told = remedy(network(), sysctl("net.ipv4.conf.eth0.rp_filter", "0", HOST_NETNS.sibling("container:front")))
    assert told.persist == ()
    assert "create the container with --sysctl net.ipv4.conf.eth0.rp_filter=0" in said(told)
    assert told.commands[0].startswith("nsenter -t ")


FORWARD = ("net", "ipv4", "ip_forward")


def on(**options: object) -> Host:
    host = network().this
    engines: tuple[Engine, ...] = tuple(replace(each, **options) for each in host.engines)
    return replace(host, engines=engines)


@pytest.mark.parametrize("version", ("20.10.24", "28.5.1", "a build of one's own"))
def test_dockerd_switches_forwarding_on(version: str) -> None:
    for path in (FORWARD, ("net", "ipv4", "conf", "all", "forwarding")):
        assert "dockerd switches it on when it starts" in str(written_at_boot(path, "1", on(version=version)))
    assert written_at_boot(FORWARD, "0", on(version=version)) is None


@pytest.mark.parametrize(
    "options", ({"ip_forward": False}, {"rootless": True}, {"kind": "podman"}, {"firewall_backend": "nftables"})
)
def test_an_engine_that_does_not(options: dict[str, object]) -> None:
    assert written_at_boot(FORWARD, "1", on(**options)) is None


def test_a_link_of_the_engines_is_made_anew() -> None:
    for link in ("docker0", "veth12ab"):
        assert written_at_boot(("net", "ipv4", "conf", link, "rp_filter"), "0", on()) is not None
    assert written_at_boot(("net", "ipv4", "conf", "eth0", "rp_filter"), "0", on()) is None
