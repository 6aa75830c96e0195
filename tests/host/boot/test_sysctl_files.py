"""Which file has the last word on a key, in sysctl's two spellings and with wildcards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.host.boot.sysctl_files import FORWARDING, file_after, is_sysctl_file, key_parts, last_word, settings
from hairpin.host.managers import ConfigFile
from hairpin.host.sysctl import Path, dotted
from tests.rows import each_row

ETH0: Path = ("net", "ipv4", "conf", "eth0", "forwarding")
VLAN: Path = ("net", "ipv4", "conf", "eth0.100", "forwarding")
LINES: dict[str, tuple[str, Path, str | None]] = {
    "dots": ("net.ipv4.conf.eth0.forwarding = 0", ETH0, "0"),
    "slashes": ("net/ipv4/conf/eth0/forwarding=0", ETH0, "0"),
    "a dash: errors do not matter": ("-net.ipv4.conf.eth0.forwarding=0", ETH0, "0"),
    "a wildcard": ("net.ipv4.conf.*.forwarding = 0", ETH0, "0"),
    "a link with a dot": ("net.ipv4.conf.eth0/100.forwarding = 0", VLAN, "0"),
    "the same in slashes": ("net/ipv4/conf/eth0.100/forwarding = 0", VLAN, "0"),
    "another link": ("net.ipv4.conf.eth1.forwarding = 0", ETH0, None),
    "a comment": ("# net.ipv4.conf.eth0.forwarding = 0", ETH0, None),
    "another comment": ("; net.ipv4.conf.eth0.forwarding = 0", ETH0, None),
    "no value": ("net.ipv4.conf.eth0.forwarding", ETH0, None),
}
PART = st.from_regex(r"[a-z0-9_.-]{1,8}", fullmatch=True).filter(lambda part: part.strip(".") == part)


@each_row(("line", "path", "value"), LINES.values(), ids=LINES)
def test_settings(line: str, path: Path, value: str | None) -> None:
    found = settings(path, (ConfigFile("/etc/sysctl.d/10-a.conf", f"# first\n{line}\n"),))
    assert [(each.line, each.value) for each in found] == ([] if value is None else [(2, value)])


@given(st.lists(PART, min_size=2, max_size=5))
def test_a_path_is_read_back_from_sysctls_spelling(parts: list[str]) -> None:
    path = ("net", *parts)
    assert key_parts(dotted(path)) == path


def test_files_take_effect_by_base_name_and_sysctl_conf_last() -> None:
    text = "net.ipv4.ip_forward = {}\n"
    order = ("/etc/sysctl.conf", "/usr/lib/sysctl.d/90-b.conf", "/etc/sysctl.d/10-a.conf", "/run/sysctl.d/99-c.conf")
    files = tuple(ConfigFile(path, text.format(number)) for number, path in enumerate(order))
    found = settings(("net", "ipv4", "ip_forward"), files)
    assert [each.file for each in found] == [order[2], order[1], order[3], order[0]]


@given(st.lists(st.from_regex(r"[0-9]{2}-[a-z]{1,6}|z{1,5}[a-z]{0,4}", fullmatch=True), max_size=5))
def test_a_new_file_has_the_last_word(names: list[str]) -> None:
    files = tuple(
        ConfigFile(f"/etc/sysctl.d/{name}.conf", "net.ipv4.conf.eth0.forwarding = 0\n") for name in dict.fromkeys(names)
    )
    path = file_after(ETH0, files)
    mine = ConfigFile(path, "net.ipv4.conf.eth0.forwarding = 1\n")
    assert settings(ETH0, (*files, mine))[-1].value == "1"


def test_which_files_set_sysctls() -> None:
    assert is_sysctl_file("/run/sysctl.d/10-x.conf")
    assert not is_sysctl_file("/etc/sysctl.d/README")
    assert not is_sysctl_file("/etc/nftables.conf")


def test_one_value_with_two_names_has_one_last_word() -> None:
    by_all = ConfigFile("/etc/sysctl.d/20-b.conf", "net.ipv4.conf.all.forwarding = 0\n")
    by_name = ConfigFile("/etc/sysctl.d/10-a.conf", "net.ipv4.ip_forward = 1\n")
    for path in FORWARDING:
        said = last_word(path, (by_all, by_name))
        assert said is not None
        assert (said.file, said.value) == (by_all.path, "0")
    assert last_word(ETH0, (by_all, by_name)) is None


@pytest.mark.parametrize("path", FORWARDING)
def test_a_new_file_sorts_behind_both_names(path: Path) -> None:
    by_all = ConfigFile("/etc/sysctl.d/99-zz-a.conf", "net.ipv4.conf.all.forwarding = 0\n")
    assert file_after(path, (by_all,)).rpartition("/")[2] > "99-zz-a.conf"


def test_a_file_that_another_hides_says_nothing() -> None:
    hidden = ConfigFile("/usr/lib/sysctl.d/10-a.conf", "net.ipv4.ip_forward = 0\n")
    hiding = ConfigFile("/etc/sysctl.d/10-a.conf", "")
    assert last_word(FORWARDING[0], (hidden,)) is not None
    assert last_word(FORWARDING[0], (hidden, hiding)) is None
