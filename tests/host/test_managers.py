"""What systemd says of a unit's state."""

import pytest

from hairpin.host.managers import Unit


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
