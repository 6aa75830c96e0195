"""Firewall managers, versions and files of a host."""

import pytest

from hairpin.host.managers import Firewalld, FirewalldZone, Ufw, Version
from hairpin.host.read.managers import managing
from hairpin.host.read.readings import Readings
from tests.host.fixture_evidence import evidence

CONF = "DefaultZone=public\n# FirewallBackend=x\nFirewallBackend=iptables\n"
DEFAULT = 'DEFAULT_INPUT_POLICY="DROP"\nDEFAULT_FORWARD_POLICY="ACCEPT"\n'
PACKAGES = (Version("package:firewalld", "1.3.3-1"),)


def readings(*found: tuple[str, str, str]) -> Readings:
    return Readings(evidence(*((key, "", origin, text) for key, origin, text in found)))


def test_firewalld_runs() -> None:
    found = managing.firewalld(
        readings(
            ("firewalld-state", "/proc/8/comm", "running"),
            ("firewalld-conf", "/etc/firewalld/firewalld.conf", CONF),
            ("firewalld-zones", "busctl", '{"call":"getDefaultZone","reply":{"data":["home"]}}'),
            ("firewalld-zones-permanent", "/etc/firewalld/zones/public.xml", '<zone><service name="ssh"/></zone>'),
            (
                "firewalld-zones-permanent",
                "/usr/lib/firewalld/services/ssh.xml",
                '<service><port port="22"/></service>',
            ),
            ("firewalld-zones-permanent", "/etc/firewalld/policies/x.xml", "<policy/>"),
        ),
        PACKAGES,
    )
    assert found == Firewalld(
        running=True,
        version="1.3.3-1",
        backend="iptables",
        default_zone="home",
        permanent=(FirewalldZone("public", services=("ssh",), forward=False),),
        evidence="e1",
    )


def test_firewalld_is_installed_and_does_not_run() -> None:
    found = managing.firewalld(readings(("firewalld-conf", "/etc/firewalld/firewalld.conf", CONF)), ())
    assert found == Firewalld(running=False, backend="iptables", default_zone="public", evidence="e1")


def test_firewalld_of_words() -> None:
    found = managing.firewalld(
        readings(
            ("firewalld-state", "/proc/8/comm", "running"),
            ("firewalld-zones-text", "firewall-cmd --list-all-zones", "public (default)\n  ports: 1/tcp\n"),
        ),
        (),
    )
    assert found == Firewalld(
        running=True, default_zone="public", runtime=(FirewalldZone("public", ports=("1/tcp",)),), evidence="e1"
    )


def test_no_firewalld() -> None:
    assert managing.firewalld(readings(), PACKAGES) is None


@pytest.mark.parametrize(("said", "enabled"), (("yes", True), ("no", False), ("YES", True)))
def test_ufw(said: str, enabled: bool) -> None:
    found = managing.ufw(
        readings(("ufw-conf", "/etc/ufw/ufw.conf", f"ENABLED={said}\n"), ("ufw-default", "/etc/default/ufw", DEFAULT))
    )
    assert found == Ufw(enabled, "ACCEPT", "DROP", "e1")


def test_ufw_whose_policies_could_not_be_read() -> None:
    assert managing.ufw(readings(("ufw-conf", "/etc/ufw/ufw.conf", "ENABLED=yes"))) == Ufw(True, evidence="e1")
    assert managing.ufw(readings()) is None


@pytest.mark.parametrize(("said", "scripts"), (("", ()), ("/etc/ufw/after.init\n", ("/etc/ufw/after.init",))))
def test_the_scripts_that_ufw_runs(said: str, scripts: tuple[str, ...]) -> None:
    found = managing.ufw(
        readings(("ufw-conf", "/etc/ufw/ufw.conf", "ENABLED=yes"), ("ufw-hooks", "/etc/ufw/*.init", said))
    )
    assert found is not None
    assert found.scripts == scripts


def test_versions() -> None:
    found = managing.versions(
        readings(
            ("versions", "iptables -V", "iptables v1.8.9 (nf_tables)\n"),
            ("packages", "dpkg-query -W", "ii  iptables 1.8.9-2\n"),
            ("os-release", "/etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'),
        )
    )
    assert [(item.program, item.text) for item in found] == [
        ("iptables", "iptables v1.8.9 (nf_tables)"),
        ("package:iptables", "1.8.9-2"),
        ("os", "Debian GNU/Linux 12 (bookworm)"),
    ]


def test_files_keep_the_order_in_which_they_are_applied() -> None:
    found = managing.files(
        readings(
            ("ufw-sysctl", "/etc/ufw/sysctl.conf", "a"),
            ("file", "/usr/lib/sysctl.d/50-default.conf", "b"),
            ("file", "/etc/sysctl.conf", "c"),
        )
    )
    assert [item.path for item in found] == [
        "/usr/lib/sysctl.d/50-default.conf",
        "/etc/sysctl.conf",
        "/etc/ufw/sysctl.conf",
    ]
    assert [(item.text, item.evidence) for item in found] == [("b", "e2"), ("c", "e3"), ("a", "e1")]


def test_klog_and_units() -> None:
    found = readings(("klog", "dmesg", "[1] martian source\n\n[2] x\n"), ("units", "systemctl show", "Id=a.service\n"))
    assert managing.klog(found) == ("[1] martian source", "[2] x")
    assert [unit.name for unit in managing.units(found)] == ["a.service"]
