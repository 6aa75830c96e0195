"""The state of a Quadlet's unit, and the commands for it."""

import msgspec
import pytest

from hairpin.host.quadlet import Quadlet

WIKI = Quadlet(
    "/etc/containers/systemd/wiki.container", "wiki.service", "wiki", state="failed", sub="failed", exit_code=125,
    needs_reload=True,
)  # fmt: skip


def read(**changed: object) -> Quadlet:
    return msgspec.structs.replace(WIKI, **changed)


# what differs, whether the unit has failed, whether it is down
STATES: dict[str, tuple[dict[str, object], bool, bool]] = {
    "its start failed": ({}, True, True),
    "it fails again and again": ({"state": "activating", "sub": "auto-restart"}, True, True),
    "it starts": ({"state": "activating", "sub": "start"}, False, False),
    "it runs": ({"state": "active", "sub": "running"}, False, False),
    "a stop had to kill the program": ({"exit_code": 137, "said": ""}, False, True),
    "the program ended with an error": ({"exit_code": 1, "said": ""}, True, True),
    "a person stopped it": ({"state": "inactive", "sub": "dead"}, False, True),
    "systemd has no such unit": ({"state": "not-found"}, False, True),
    "systemd was not asked": ({"state": "", "sub": ""}, False, False),
}


@pytest.mark.parametrize(("changed", "failed", "down"), STATES.values(), ids=STATES)
def test_states(changed: dict[str, object], failed: bool, down: bool) -> None:
    found = read(**changed)
    assert (found.has_failed, found.is_down) == (failed, down)


def test_commands() -> None:
    assert read().ran("start") == "systemctl daemon-reload && systemctl start wiki.service"
    assert read(needs_reload=False).ran("restart") == "systemctl restart wiki.service"
    assert read(user="ann", needs_reload=False).ran("start") == "systemctl --user -M ann@ start wiki.service"
