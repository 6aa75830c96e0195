"""What systemd says of a unit's state."""

import pytest

from hairpin.host.managers import Unit, command_of, commands_of, unit_of


@pytest.mark.parametrize(
    ("state", "is_enabled"),
    (
        ("enabled", True),
        ("enabled-runtime", True),
        ("disabled", False),
        ("static", False),
        ("masked", False),
        ("", False),
    ),
)
def test_a_unit_that_starts_at_boot(state: str, *, is_enabled: bool) -> None:
    assert Unit("docker.service", "inactive", state).is_enabled is is_enabled


TEXT = """[Unit]
After=network.target docker.service
Before=a.target
[Service]
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStart=/bin/sh -c "echo 50%% $$x"
ExecStop=/sbin/iptables -F
"""


@pytest.mark.parametrize(
    ("line", "command"),
    (
        ("ExecStart=-+/sbin/iptables -F", "/sbin/iptables -F"),
        ("ExecStart = @/bin/a b", "/bin/a b"),
        ("  iptables -A X -m comment --comment 50%% ", "iptables -A X -m comment --comment 50%%"),
    ),
)
def test_the_command_of_a_line(line: str, command: str) -> None:
    assert command_of(line) == command


def test_the_commands_of_a_start_and_the_order() -> None:
    found = [(each.number, each.text, each.unit) for each in commands_of("/etc/systemd/system/own.service", TEXT)]
    assert found == [(5, "/sbin/modprobe br_netfilter", "own.service"), (6, '/bin/sh -c "echo 50% $x"', "own.service")]
    unit = unit_of("/etc/systemd/system/own.service", TEXT)
    assert (unit.name, unit.enabled) == ("own.service", "disabled")
    assert (unit.after, unit.before) == (("network.target", "docker.service"), ("a.target",))
