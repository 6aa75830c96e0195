"""Each kind of writer has its sentence, in both languages."""

from hairpin.host.boot.configured import Configured
from hairpin.report.text.configured import configured_text
from tests.rows import each_row

SAID: dict[str, tuple[Configured, str]] = {
    "a line": (Configured("saved-rules", "/etc/f", 4), "Line 4 of /etc/f configures this."),
    "a file": (Configured("sysctl-file", "/etc/f"), "/etc/f configures this."),
    "a flag": (Configured("engine-option", option="--icc=false"), "dockerd's option --icc=false configures this."),
    "a network": (
        Configured("network-option", option="--internal", owner="priv"),
        "This is configured: network priv was made with --internal.",
    ),
    "two networks": (
        Configured("network-option", owner="front, back"),
        "This is by design: front, back were made as separate networks.",
    ),
    "a container": (
        Configured("container-option", option="-p 127.0.0.1:1:1", owner="web"),
        "This is configured: container web was made with -p 127.0.0.1:1:1.",
    ),
    "a manager": (Configured("manager", owner="fail2ban-client"), "fail2ban-client configures this and keeps it so."),
}


@each_row(("found", "said"), SAID.values(), ids=SAID)
def test_who_wrote_it(found: Configured, said: str) -> None:
    assert str(configured_text(found)) == said
