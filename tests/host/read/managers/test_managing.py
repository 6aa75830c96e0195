"""Firewall managers, versions and files of a host."""

import pytest

from hairpin.evidence.reading import Reading, text_reading
from hairpin.host.managers import Firewalld, FirewalldZone, ScriptLine, Ufw, Unit, Version
from hairpin.host.plan_under_way import PlanUnderWay
from hairpin.host.read.managers import managing
from hairpin.host.read.managers.managing import (
    distribution_version,
    package_versions,
    plans_under_way,
    program_version,
    status,
    units_of,
    with_variables_replaced,
)
from hairpin.host.read.readings import Readings
from hairpin.netfilter.address import Prefix
from tests.host.fixture_evidence import evidence
from tests.rows import each_row

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


TEXT = """\
Id=docker.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
After=firewalld.service containerd.service
PartOf=

Id=ufw.service
LoadState=not-found
ActiveState=inactive

Id=iptables.service
LoadState=loaded
ActiveState=inactive
UnitFileState=disabled
Before=a.target
PartOf=firewalld.service
"""


def test_units_that_exist() -> None:
    assert units_of(text_reading(TEXT, "", "e6")) == (
        Unit("docker.service", "active", "enabled", ("firewalld.service", "containerd.service"), evidence="e6"),
        Unit("iptables.service", "inactive", "disabled", (), ("a.target",), ("firewalld.service",), "e6"),
    )


def test_the_address_filter_of_a_unit() -> None:
    text = "Id=web.service\nLoadState=loaded\nIPAddressAllow=192.0.2.0/24 ::1/128\nIPAddressDeny=0.0.0.0/0 ::/0\n"
    (unit,) = units_of(text_reading(text, "", "e6"))
    assert unit.allows == (Prefix(4, 0xC0000200, 24), Prefix(6, 1, 128))
    assert unit.denies == (Prefix(4, 0, 0), Prefix(6, 0, 0))


def test_nothing() -> None:
    assert units_of(text_reading("", "")) == ()


PROGRAMS: dict[str, tuple[str, str, Version | None]] = {
    "iptables": ("iptables v1.8.9 (nf_tables)\n", "iptables -V", Version("iptables", "iptables v1.8.9 (nf_tables)")),
    "the first line": ("systemd 252 (252)\n+PAM\n", "systemctl --version", Version("systemd", "systemd 252 (252)")),
    "by its path": ("ip utility, iproute2-6.1.0\n", "/usr/sbin/ip -V", Version("ip", "ip utility, iproute2-6.1.0")),
    "kernel": ("Linux vm 6.18.44\n", "uname -a", Version("kernel", "Linux 6.18.44")),
    "silent": ("\n", "nft -v", None),
}


@each_row(("text", "origin", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_of_program(text: str, origin: str, expected: Version | None) -> None:
    assert program_version(text_reading(text, origin)) == expected


PACKAGES_VERSIONS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "dpkg": ("ii  iptables 1.8.9-2\nun  docker-ce \nrc  ufw 0.36.2-1\nhi  docker.io 20.10.24+dfsg1-1\n",
             (("iptables", "1.8.9-2"), ("docker.io", "20.10.24+dfsg1-1"))),
    "rpm": ("iptables 1.4.21-35.el7\npackage ufw is not installed\ndocker-ce 26.1.4-1.el7\n",
            (("iptables", "1.4.21-35.el7"), ("docker-ce", "26.1.4-1.el7"))),
    "apk": ("iptables-1.8.10-r3\nip6tables-1.8.10-r3\nnetavark-1.10.3-r0\n",
            (("iptables", "1.8.10-r3"), ("ip6tables", "1.8.10-r3"), ("netavark", "1.10.3-r0"))),
    "pacman": ("iptables-nft 1:1.8.11-2\nnftables 1:1.1.1-3\n",
               (("iptables-nft", "1:1.8.11-2"), ("nftables", "1:1.1.1-3"))),
    "nothing": ("", ()),
}  # fmt: skip


@each_row(("text", "expected"), PACKAGES_VERSIONS.values(), ids=PACKAGES_VERSIONS)
def test_of_packages(text: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert package_versions(text_reading(text, "")) == tuple(
        Version(f"package:{name}", version) for name, version in expected
    )


def test_of_os_release() -> None:
    assert distribution_version(text_reading('ID=alpine\nPRETTY_NAME="Alpine Linux v3.20"\n', "")) == Version(
        "os", "Alpine Linux v3.20"
    )
    assert distribution_version(text_reading("NAME=Void\n", "")) == Version("os", "Void")
    assert distribution_version(text_reading("ID=x\n", "")) is None


NOW = 1000.0
CASES: dict[str, tuple[str, tuple[PlanUnderWay, ...]]] = {
    "its switch watches": ("own\t3\topen\twatched\t1090", (PlanUnderWay("3", "under-way", 1090.0),)),
    "as the journal tells it": ("own\t3\ttried\twatched\t1090", (PlanUnderWay("3", "tried", 1090.0),)),
    "at its end": ("own\t3\topen\twatched\t1000", (PlanUnderWay("3", "taken-back"),)),
    "its switch was killed": ("own\t3\topen\tdead\t1090", (PlanUnderWay("3", "interrupted"),)),
    "of another machine": (
        "other\t2\topen\twatched\t1010", (PlanUnderWay("2", "under-way", 1010.0, from_elsewhere=True),),
    ),
    "being kept": ("other\t2\tkeeping\twatched\t1010", (PlanUnderWay("2", "kept", from_elsewhere=True),)),
    "being taken back": ("other\t2\tending\twatched\t-", (PlanUnderWay("2", "taken-back", from_elsewhere=True),)),
    "two": (
        "own\t3\topen\twatched\t1090\nother\t1\topen\tdead\t-\n",
        (PlanUnderWay("3", "under-way", 1090.0), PlanUnderWay("1", "interrupted", from_elsewhere=True)),
    ),
    "damaged": ("own\t3\topen\nrubbish\n", ()),
    "none": ("", ()),
}  # fmt: skip


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_plans_under_way(text: str, expected: tuple[PlanUnderWay, ...]) -> None:
    assert plans_under_way(text, NOW) == expected


TOOL_VARIABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "its path": (("IPT=/sbin/iptables", "$IPT -F FORWARD"), ("/sbin/iptables -F FORWARD",)),
    "quoted, with an option": (('export IPT="iptables -w"', "${IPT} -F"), ("iptables -w -F",)),
    "found in PATH": (("NFT=$(command -v nft)", "$NFT flush ruleset"), ("nft flush ruleset",)),
    "on one line": (("IPT=/sbin/iptables; $IPT -F FORWARD",), ("/sbin/iptables -F FORWARD",)),
    "two": (("A=iptables", "B=ip6tables", "$A -F; $B -F"), ("iptables -F; ip6tables -F",)),
    "a name that begins alike": (("IPT=iptables", "$IPT6 -F"), ("$IPT6 -F",)),
    "a folder": (("CONF=/etc/iptables", "iptables-restore $CONF/rules"), ("CONF=/etc/iptables",
                                                                         "iptables-restore $CONF/rules")),
    "no variable": (("iptables -F",), ("iptables -F",)),
}  # fmt: skip


def _script(path: str, texts: tuple[str, ...]) -> list[ScriptLine]:
    return [ScriptLine(path, number, text) for number, text in enumerate(texts, 1)]


@each_row(("texts", "expected"), TOOL_VARIABLES.values(), ids=TOOL_VARIABLES)
def test_the_tool_stands_for_its_variable(texts: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert tuple(each.text for each in with_variables_replaced(_script("/x", texts))) == expected


def test_a_variable_is_of_its_script() -> None:
    lines = (*_script("/x", ("IPT=iptables",)), *_script("/y", ("$IPT -F",)))
    assert [each.text for each in with_variables_replaced(lines)] == ["$IPT -F"]


VERBOSE = "Status: active\nLogging: on (low)\nDefault: {}\nNew profiles: skip\n"
UFW_STATUS_TEXT = {
    "inactive": ("Status: inactive\n", (False, None, None)),
    "without the policies": ("Status: active\n", (True, None, None)),
    "with the policies": (
        VERBOSE.format("deny (incoming), allow (outgoing), reject (routed)"),
        (True, "DROP", "REJECT"),
    ),
    "the kernel routes nothing": (
        VERBOSE.format("deny (incoming), allow (outgoing), disabled (routed)"),
        (True, "DROP", None),
    ),
    "before ufw 0.34": (VERBOSE.format("deny (incoming), allow (outgoing)"), (True, "DROP", None)),
}


@each_row(("text", "expected"), UFW_STATUS_TEXT.values(), ids=UFW_STATUS_TEXT)
def test_status(text: str, expected: tuple[bool, str | None, str | None]) -> None:
    ufw = status(Reading("e1", "ufw-status", "", "ufw status", "", 0, "text", text))
    assert (ufw.enabled, ufw.default_input_policy, ufw.default_forward_policy) == expected
