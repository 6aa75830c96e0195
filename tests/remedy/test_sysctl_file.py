"""A sysctl is set in the file that is read last; the file with the wrong value is named."""

from tests.remedy.situations import HOST_NETNS, network, remedy, said, sysctl

KEY = "net.ipv4.conf.eth0.forwarding"


def test_a_value_that_no_file_sets_gets_a_file() -> None:
    told = remedy(network(), sysctl(KEY))
    assert told.commands == (f"sysctl -w {KEY}=1",)
    assert [(each.file, each.content) for each in told.persist] == [
        ("/etc/sysctl.d/99-hairpin-ipv4-eth0-forwarding.conf", f"{KEY} = 1\n")
    ]
    assert f"no configuration file sets {KEY}: somebody or something wrote it at run time" in said(told)


def test_dockerd_set_ip_forward_if_no_file_does() -> None:
    assert "dockerd switches it on when it starts, and nothing keeps it" in said(
        remedy(network(), sysctl("net.ipv4.ip_forward"))
    )


def test_the_file_in_which_somebody_wrote_the_other_value_is_put_right() -> None:
    told = remedy(network(("/etc/sysctl.d/99-salt.conf", f"# salt\n{KEY} = 0\n")), sysctl(KEY))
    assert [(each.file, each.content) for each in told.persist] == [
        ("/etc/sysctl.d/99-salt.conf", f"# salt\n{KEY} = 1\n")
    ]
    assert "/etc/sysctl.d/99-salt.conf line 2 sets" in said(told)


def test_a_file_of_the_distribution_is_overridden() -> None:
    told = remedy(network(("/usr/lib/sysctl.d/99-vendor.conf", f"{KEY} = 0\n")), sysctl(KEY))
    assert told.persist[0].file.startswith("/etc/sysctl.d/")
    assert told.persist[0].file.rpartition("/")[2] > "99-vendor.conf"


def test_sysctl_conf_is_read_last_so_it_is_corrected_itself() -> None:
    text = f"vm.swappiness = 1\n{KEY}=0\n"
    (file,) = remedy(network(("/etc/sysctl.conf", text)), sysctl(KEY)).persist
    assert (file.file, file.content, file.before) == ("/etc/sysctl.conf", f"vm.swappiness = 1\n{KEY} = 1\n", text)


def test_a_file_with_the_right_value_needs_no_other() -> None:
    told = remedy(network(("/etc/sysctl.d/50-mine.conf", f"{KEY} = 1\n")), sysctl(KEY))
    assert told.persist == ()
    assert "it was changed at run time since" in said(told)


def test_a_containers_own_value_belongs_to_its_creation() -> None:
    told = remedy(network(), sysctl("net.ipv4.conf.eth0.rp_filter", "0", HOST_NETNS.sibling("container:front")))
    assert told.persist == ()
    assert "create it with --sysctl net.ipv4.conf.eth0.rp_filter=0" in said(told)
    assert told.commands[0].startswith("nsenter -t ")
