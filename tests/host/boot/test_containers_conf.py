"""The line of Podman's files of settings that decides a key."""

from hairpin.host.boot.containers_conf import ConfLine, line_of

FIRST = ConfLine("/etc/containers/containers.conf", 3, "network.firewall_driver", "nftables")
LAST = ConfLine("/etc/containers/containers.conf.d/own.conf", 12, "network.firewall_driver", "none")


def test_the_last_of_several_lines_counts() -> None:
    assert line_of((FIRST, LAST), "network.firewall_driver") == LAST
    assert line_of((FIRST, LAST), "containers.netns") is None
