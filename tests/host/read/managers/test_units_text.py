"""systemd's units."""

from hairpin.host.managers import Unit
from hairpin.host.read.managers.units_text import parse

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
    assert parse(TEXT, evidence="e6") == (
        Unit("docker.service", "active", "enabled", ("firewalld.service", "containerd.service"), evidence="e6"),
        Unit("iptables.service", "inactive", "disabled", (), ("a.target",), ("firewalld.service",), "e6"),
    )


def test_nothing() -> None:
    assert parse("") == ()
