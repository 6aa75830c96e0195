"""Scripts of packages that hairpin does not know by name."""

from hairpin.story.commands.package_scripts import apt_hooks, package_scripts
from hairpin.story.entry import Effect
from hairpin.story.timeline import story_of
from tests.story.recorded import evidence, journal, traces

SCRIPTS = (
    "own\t/var/lib/dpkg/info/own.postinst:2:iptables -t nat -F\nown\t/var/lib/dpkg/info/own.postinst:3:# a comment\n"
    "asks\t/var/lib/dpkg/info/asks.postinst:2:iptables -L -n\n"
    'apt\t/etc/apt/apt.conf.d/99own:1:DPkg::Post-Invoke { "sysctl -w net.ipv4.ip_forward=0"; "true"; };\n'
    "apt\t/etc/apt/apt.conf.d/99own:2:// iptables -F\n"
)
LOG = (
    "2026-11-26 12:00:00 install own:all <none> 1.0\n2026-11-26 12:00:01 configure own:all 1.0 <none>\n"
    "2026-11-26 12:00:02 install asks:all <none> 1.0\n"
)
RESTARTS = "own\t/var/lib/dpkg/info/own.postinst:2:systemctl restart nftables\n"
NFTABLES = (
    (5.0, "systemd", "Startup finished in 3s.", ""),
    (1601.0, "systemd", "Stopped nftables.service - n.", "nftables.service"),
    (1602.0, "systemd", "Finished nftables.service - n.", "nftables.service"),
)


def test_the_lines_of_scripts_and_hooks() -> None:
    host = traces(("trace-package-scripts", SCRIPTS))
    assert package_scripts(host)["own"].effect == Effect(commands="iptables -t nat -F")
    assert package_scripts(host)["asks"].effect is None
    (hook,) = apt_hooks(host)
    assert hook.lines == ("sysctl -w net.ipv4.ip_forward=0", "true")


def test_a_package_has_the_effect_of_its_script() -> None:
    host = evidence(("trace-package-scripts", SCRIPTS), ("trace-packages", LOG, "/var/log/dpkg.log"))
    entries = {each.subject: each for each in story_of((host,), 0).entries if each.kind == "package"}
    assert (entries["own"].effect, entries["asks"].effect) == (Effect(commands="iptables -t nat -F"), None)
    assert entries["own"].by is not None
    assert (entries["own"].by.kind, entries["own"].by.name) == ("package", "own 1.0")


def test_a_unit_that_the_script_restarts_is_the_packages_deed() -> None:
    def starter(scripts: str) -> str | None:
        host = evidence(
            ("trace-package-scripts", scripts),
            ("trace-packages", LOG, "/var/log/dpkg.log"),
            ("trace-units", journal(*NFTABLES)),
        )
        (unit,) = (each for each in story_of((host,), 0).entries if each.kind == "unit")
        return unit.by.name if unit.by is not None else None

    assert starter(RESTARTS) == "own 1.0"
    assert starter(RESTARTS.replace("nftables", "ssh")) is None
