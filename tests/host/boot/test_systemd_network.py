"""Which .network file is a link's, and what files and drop-ins say together."""

from hairpin.host.boot.systemd_network import claim, daemon_value, is_true, matches, sections, unit_files
from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.host.managers import ConfigFile
from tests.rows import each_row

ETH0 = Link(2, "eth0", mac=0x525400123410)
LINKS = (Link(1, "lo", "loopback"), ETH0, Link(3, "docker0", "bridge"), Link(7, "veth1a2b", "veth"))


def files_of(*files: tuple[str, str]) -> Host:
    return Host("test", files=tuple(ConfigFile(path, text) for path, text in files))


def whose(within: Host) -> dict[str, str | None]:
    files = unit_files(within, ".network")
    found = {link.name: claim(within, link, files).file for link in LINKS}
    return {name: file.path.rpartition("/")[2] if file is not None else None for name, file in found.items()}


def test_the_first_file_by_name_has_the_link() -> None:
    within = files_of(
        ("/etc/systemd/network/50-all.network", "[Match]\nName=*\n[Network]\n"),
        ("/run/systemd/network/10-netplan-eth0.network", "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.1/24\n"),
    )
    assert whose(within) == {
        "lo": "50-all.network", "eth0": "10-netplan-eth0.network", "docker0": "50-all.network",
        "veth1a2b": "50-all.network",
    }  # fmt: skip


def test_a_file_hides_its_namesake_and_an_empty_one_hides_all() -> None:
    vendor = ("/usr/lib/systemd/network/10-a.network", "[Match]\nName=eth0\n[Network]\nDHCP=yes\n")
    own = ("/etc/systemd/network/10-a.network", "[Match]\nName=eth0\n[Network]\nDHCP=no\n")
    assert unit_files(files_of(vendor, own), ".network")[0].value("Network", "DHCP") == "no"
    assert unit_files(files_of(vendor, (own[0], "")), ".network") == ()


def test_drop_ins_come_behind_their_file_and_an_empty_value_forgets() -> None:
    within = files_of(
        ("/etc/systemd/network/10-a.network", "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.1/24\nDHCP=yes\n"),
        ("/run/systemd/network/10-a.network.d/b.conf", "[Network]\nAddress=\nAddress=10.0.0.2/24\n"),
        ("/etc/systemd/network/10-a.network.d/c.conf", "[Network]\nDHCP=no\n[Route]\nGateway=10.0.0.9\n"),
    )
    (file,) = unit_files(within, ".network")
    assert file.values("Network", "Address") == ("10.0.0.2/24",)
    assert (file.value("Network", "DHCP"), file.value("Route", "Gateway")) == ("no", "10.0.0.9")


@each_row(
    ("words", "claimed"),
    (
        ("Type=ether", "eth0 veth1a2b"), ("Name=!veth* docker* lo", "eth0"), ("Name=eth* en*", "eth0"),
        ("Kind=veth", "veth1a2b"), ("Type=bridge", "docker0"), ("MACAddress=52:54:00:12:34:10", "eth0"),
        ("Name=eth0\nType=wlan", ""), ("Type=!loopback", "eth0 docker0 veth1a2b"),
    ),
)  # fmt: skip
def test_a_match_is_by_name_kind_and_hardware_address(words: str, claimed: str) -> None:
    (file,) = unit_files(files_of(("/etc/systemd/network/a.network", f"[Match]\n{words}\n[Network]\n")), ".network")
    assert " ".join(link.name for link in LINKS if matches(file, link)) == claimed


def test_what_hairpin_cannot_decide_is_known_from_networkds_own_choice() -> None:
    path = "/etc/systemd/network/a.network"
    text = "[Match]\nDriver=virtio_net\n[Network]\n"
    unsure = files_of((path, text))
    found = claim(unsure, ETH0, unit_files(unsure, ".network"))
    assert (found.file, found.unsure) == (None, (path,))
    told = files_of((path, text), ("/run/systemd/netif/links/2", f"ADMIN_STATE=configured\nNETWORK_FILE={path}\n"))
    found = claim(told, ETH0, unit_files(told, ".network"))
    assert found.file is not None
    assert found.unsure == ()


def test_networkds_own_settings() -> None:
    within = files_of(
        ("/etc/systemd/networkd.conf", "[Network]\nManageForeignRoutes=yes\n"),
        ("/etc/systemd/networkd.conf.d/a.conf", "[Network]\nManageForeignRoutes=no\n"),
    )
    assert daemon_value(within, "Network", "ManageForeignRoutes") == "no"
    assert daemon_value(files_of(), "Network", "ManageForeignRoutes") is None


def test_sections_and_words_for_yes() -> None:
    (network, route) = sections("# a\n[Network]\n; b\nDHCP = yes\nstray\n[Route]\nGateway=1\n")
    assert (network.value("DHCP"), route.name, route.value("Metric")) == ("yes", "Route", None)
    assert [is_true(each) for each in ("yes", "On", "no", None)] == [True, True, False, False]
