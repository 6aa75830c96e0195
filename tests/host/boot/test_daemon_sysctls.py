"""A daemon that sets a sysctl at its start is found by its own files, if it starts at all."""

import msgspec

from hairpin.host.boot.daemon_sysctls import DaemonSetting, set_by_daemon
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, Unit
from tests.rows import each_row
from tests.small_host import network

FORWARD = ("net", "ipv4", "ip_forward")
ETH0 = ("net", "ipv4", "conf", "eth0", "rp_filter")
DISABLED = ("net", "ipv6", "conf", "eth0", "disable_ipv6")


def host(unit: str, *files: tuple[str, str], enabled: str = "enabled", active: str = "active") -> Host:
    return msgspec.structs.replace(
        network().this,
        units=(Unit(f"{unit}.service", active, enabled),),
        files=tuple(ConfigFile(path, text) for path, text in files),
    )


NETWORKD = ("/etc/systemd/network/10-eth0.network", "[Match]\nName=eth0\n[Network]\nIPv4ReversePathFilter=strict\n")
MAIN = ("/etc/systemd/networkd.conf", "[Network]\nIPv4Forwarding=yes\n")
DROP_IN = ("/etc/systemd/networkd.conf.d/hard.conf", "[Network]\nIPv4Forwarding=no\n")
PROFILE = ("/etc/NetworkManager/system-connections/eth0.nmconnection",
           "[connection]\ninterface-name=eth0\n[ipv6]\nmethod=disabled\n")  # fmt: skip
TUNED = (
    ("/etc/tuned/active_profile", "own\n"),
    ("/etc/tuned/own/tuned.conf", "[main]\ninclude=base\n[sysctl]\nnet.ipv4.ip_forward=0\n"),
    ("/usr/lib/tuned/base/tuned.conf", "[sysctl]\nnet.ipv4.ip_forward=1\nnet/ipv4/conf/eth0/rp_filter = 1\n"),
    ("/usr/lib/tuned/other/tuned.conf", "[sysctl]\nnet.ipv4.conf.all.forwarding=1\n"),
)


@each_row(
    ("found", "path", "setting"),
    (
        (host("systemd-networkd", NETWORKD), ETH0, DaemonSetting("systemd-networkd", NETWORKD[0], "1")),
        (host("systemd-networkd", NETWORKD), FORWARD, None),
        (
            host("systemd-networkd", MAIN, DROP_IN),
            FORWARD,
            DaemonSetting("systemd-networkd", DROP_IN[0], "0", "IPv4Forwarding"),
        ),
        (host("systemd-networkd", MAIN), FORWARD, DaemonSetting("systemd-networkd", MAIN[0], "1", "IPv4Forwarding")),
        (host("systemd-networkd", NETWORKD, enabled="disabled", active="inactive"), ETH0, None),
        (host("NetworkManager", PROFILE), DISABLED, DaemonSetting("NetworkManager", PROFILE[0], "1")),
        (host("NetworkManager", (PROFILE[0], PROFILE[1].replace("disabled", "ignore"))), DISABLED, None),
        (host("tuned", *TUNED), FORWARD, DaemonSetting("tuned", TUNED[1][0], "0")),
        (host("tuned", *TUNED), ETH0, DaemonSetting("tuned", TUNED[2][0], "1")),
        (host("tuned", *TUNED, enabled="disabled", active="inactive"), FORWARD, None),
        (host("tuned", *TUNED[1:]), FORWARD, None),
    ),
)
def test_which_daemon_sets_a_key(found: Host, path: tuple[str, ...], setting: DaemonSetting | None) -> None:
    assert set_by_daemon(path, found) == setting


def test_profiles_that_include_each_other_end() -> None:
    files = [("/etc/tuned/active_profile", "a")]
    files += [(f"/etc/tuned/{name}/tuned.conf", f"[main]\ninclude={other}\n[sysctl]\nnet.ipv4.ip_forward=0\n")
              for name, other in ("ab", "ba")]  # fmt: skip
    assert set_by_daemon(FORWARD, host("tuned", *files)) == DaemonSetting("tuned", "/etc/tuned/a/tuned.conf", "0")
