"""Traces are renamed: users where each log names them, and whatever else is a name."""

import pytest

from hairpin.evidence.address_map import AddressMap
from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import Reading, is_trace
from hairpin.evidence.redact import redact
from hairpin.evidence.redact_text import Text
from hairpin.evidence.redact_traces import RedactedTraces
from tests.story.recorded import lab

NAMES = NameMap(b"k")
ANN = NAMES.name("ann")
TEXTS: dict[str, tuple[str, str, str]] = {
    "sudo": (
        "trace-logins", '{"MESSAGE":"   ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft -f /srv/ann/x"}',
        '{"MESSAGE":"   %s : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft -f /srv/%s/x"}',
    ),
    "sshd": ("trace-logins", "Accepted publickey for ann from x port 5", "Accepted publickey for %s from x port 5"),
    "a session": (
        "trace-logins", "session opened for user root(uid=0) by ann(uid=1000)",
        "session opened for user root(uid=0) by %s(uid=1000)",
    ),
    "cron": ("trace-cron", "(ann) CMD (/opt/x)", "(%s) CMD (/opt/x)"),
    "apt": ("trace-packages", "Requested-By: ann (1000)", "Requested-By: %s (1000)"),
    "stat": ("trace-files", "1 2 3 ann /etc/x", "1 2 3 %s /etc/x"),
    "auditd": ("trace-audit", 'auid=1000 AUID="ann" UID="root"', 'auid=1000 AUID="%s" UID="root"'),
    "doas": ("trace-logins", "ann ran command nft as root", "%s ran command nft as root"),
    "no user": ("trace-units", "Started firewalld.service.", "Started firewalld.service."),
    "a version of four parts": ("trace-packages", "upgrade x 1.2.3.4 1.2.3.5", "upgrade x 1.2.3.4 1.2.3.5"),
}  # fmt: skip


def redacted(key: str, text: str) -> str:
    """Return the text of the reading renamed."""
    traces = RedactedTraces(NAMES, Text(AddressMap(b"k"), NAMES, frozenset()))
    return traces.redact(Reading("e1", key, "", "journalctl", "t", 0, "text", text))


@pytest.mark.parametrize(("key", "text", "expected"), TEXTS.values(), ids=TEXTS)
def test_users(key: str, text: str, expected: str) -> None:
    assert redacted(key, text) == expected.replace("%s", ANN)


def test_hosts_that_commands_and_errors_name() -> None:
    said = "COMMAND=/usr/bin/curl -o /etc/x https://nginx.example.org:8443/x http://localhost/ http://192.0.2.7/"
    text = redacted("trace-logins", f"{said} nginx")
    assert "example" not in text
    assert text.endswith(" nginx")  # the program is no host
    assert "http://localhost/" in text
    assert ":8443/x" in text
    error = redacted("trace-engines", "dial tcp: lookup registry.example.org on 192.0.2.53:53: no such host")
    assert "registry" not in error
    assert error.endswith(": no such host")
    assert (
        redacted("trace-logins", "http://nginx.example.org/") in f"{text} http://{text.split('://')[1].split(':')[0]}/"
    )


def test_the_ids_of_boots_stay_equal() -> None:
    boot = "0123456789abcdef0123456789abcdef"
    listed, entry = redacted("trace-boots", f" 0 {boot} Thu"), redacted("trace-units", f'{{"_BOOT_ID":"{boot}"}}')
    fresh = listed.split()[1]
    assert fresh != boot
    assert entry == f'{{"_BOOT_ID":"{fresh}"}}'


def test_nothing_of_the_recorded_host_is_left() -> None:
    whole = "".join(f"{each.origin}{each.text}" for each in redact(lab(), b"key").readings)
    assert not any(word in whole for word in ("alice", "lab-host", "695b63da8cdb464e98425ca47bc2fe97"))
    plain = "".join(each.text for each in lab().readings)
    assert "alice" in plain
    assert all(is_trace(each.key) for each in lab().readings)
