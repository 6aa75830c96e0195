"""Each kind of writer has its sentence, in both languages."""

import pytest

from hairpin.host.boot.configured import Configured
from hairpin.report.text.configured import configured_text

SAID: dict[str, tuple[Configured, str]] = {
    "a line": (Configured("saved-rules", "/etc/f", 4), "It is configured in /etc/f, line 4."),
    "a file": (Configured("sysctl-file", "/etc/f"), "It is configured in /etc/f."),
    "a flag": (Configured("engine-option", option="--icc=false"), "It is configured by dockerd's option --icc=false."),
    "a network": (
        Configured("network-option", option="--internal", owner="priv"),
        "It is configured: network priv was made with --internal.",
    ),
    "two networks": (
        Configured("network-option", owner="front, back"),
        "It is so by design: front, back were made as separate networks.",
    ),
    "a container": (
        Configured("container-option", option="-p 127.0.0.1:1:1", owner="web"),
        "It is configured: container web was made with -p 127.0.0.1:1:1.",
    ),
    "a manager": (
        Configured("manager", owner="fail2ban-client"),
        "It is configured by fail2ban-client, which keeps it.",
    ),
}


@pytest.mark.parametrize(("found", "said"), SAID.values(), ids=SAID)
def test_who_wrote_it(found: Configured, said: str) -> None:
    assert str(configured_text(found)) == said
