"""Units, as systemctl shows them."""

import pytest

from tests.pasted.readings import host_in, text_of

STATUS = """\
\u25cf docker.service - Docker Application Container Engine
     Loaded: loaded (/lib/systemd/system/docker.service; enabled; vendor preset: enabled)
     Active: active (running) since Mon 2021-05-10 10:00:00 UTC; 1h ago
   Main PID: 1234 (dockerd)
     CGroup: /system.slice/docker.service
             \u2514\u25001234 /usr/bin/dockerd -H fd:// --iptables=false --registry-mirror=https://me:hunter2@example.org
"""


@pytest.mark.parametrize("text", (STATUS, "\n".join(line.strip() for line in STATUS.splitlines())))
def test_a_unit_and_the_flags_of_dockerd(text: str) -> None:
    host = host_in(text)
    assert [(each.name, each.active, each.enabled) for each in host.units] == [("docker.service", "active", "enabled")]
    assert host.engines[0].iptables is False
    assert "hunter2" not in text_of(text, "dockerd-cmdline")


def test_words_of_units() -> None:
    host = host_in("$ systemctl is-enabled docker ufw\nenabled\ndisabled")
    assert [(each.name, each.enabled) for each in host.units] == [
        ("docker.service", "enabled"),
        ("ufw.service", "disabled"),
    ]
