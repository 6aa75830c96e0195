"""The lines of Podman's files of settings."""

from hairpin.evidence.reading import text_reading
from hairpin.host.boot.containers_conf import ConfLine
from hairpin.host.read.engines.containers_conf import conf_lines

TEXT = """\
/etc/containers/containers.conf:3:network.firewall_driver=nftables
not a line
/etc/containers/containers.conf.d/own.conf:14:containers.netns=host
"""


def test_each_line_has_its_file_and_number() -> None:
    reading = text_reading(TEXT, "grep")
    assert conf_lines(reading) == (
        ConfLine("/etc/containers/containers.conf", 3, "network.firewall_driver", "nftables", reading.id),
        ConfLine("/etc/containers/containers.conf.d/own.conf", 14, "containers.netns", "host", reading.id),
    )
