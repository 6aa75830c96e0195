"""Names and comments with escape sequences in every field of a snapshot: the answer stays, no terminal obeys them."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hairpin.evidence.file import write
from hairpin.evidence.reading import Evidence, Reading
from tests.cli.commands import call
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence
from tests.whole import thinned

SEQUENCES = "\x1b[31m\x1b]0;pwned\x07\x9b2J\u202e"
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", "8080", "--no-replica"),
    "check everything": ("check", "--no-replica"),
    "check -v": ("check", "8080", "-v", "--no-replica"),
    "check in Chinese": ("check", "8080", "--lang", "zh", "--no-replica"),
    "walk": ("walk", "8080", "--from", "192.0.2.10"),
    "an error": ("check", "no-such-container"),
}


def in_json(text: str) -> str:
    """Return the characters as docker writes them, and nft."""
    return json.dumps(text)[1:-1]


def hostile(whole: Evidence) -> Evidence:
    """Return the evidence with the sequences in the names of links, containers, networks, processes and the host, in
    comments, in origins, and in what was not read."""
    return msgspec.structs.replace(
        whole,
        hostname=f"host{SEQUENCES}",
        kernel=f"{whole.kernel}{SEQUENCES}",
        readings=(*map(hostile_reading, whole.readings), *more(len(whole.readings))),
    )


def more(count: int) -> tuple[Reading, ...]:
    refused = Reading(f"e{count + 1}", "ufw-rules", "", f"/etc/{SEQUENCES}", "t", 1, "refused", f"{SEQUENCES} denied")
    log = Reading(f"e{count + 2}", "klog", "", "dmesg", "t", 0, "text", f"IN={SEQUENCES} OUT=\nmartian {SEQUENCES}")
    return refused, log


def hostile_reading(reading: Reading) -> Reading:
    text = reading.text
    if reading.key.startswith(("docker", "podman")):
        text = text.replace("front", f"fr{in_json(SEQUENCES)}ont")
    else:  # raw, as iproute2, iptables and ss write it
        text = text.replace("eth0", "e\x1b\x070").replace("docker0", "d\x1b[1m0").replace("httpd", "p\x1b[1mx")
        text = text.replace("-j DROP", f'-m comment --comment "{SEQUENCES} x\\"y" -j DROP')
    netns = reading.netns.replace("front", f"fr{SEQUENCES}ont")
    return msgspec.structs.replace(reading, text=text, netns=netns, origin=f"{reading.origin}{SEQUENCES}")


def obeyed(text: str) -> set[str]:
    return {each for each in text if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")}


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    def made(*replacements: tuple[str, str]) -> tuple[str, str]:
        plain, odd = tmp_path / "plain", tmp_path / "odd"
        write(evidence(*replacements), plain)
        write(hostile(evidence(*replacements)), odd)
        return str(plain), str(odd)

    return made


@pytest.mark.parametrize("command", thinned(COMMANDS.values(), 2), ids=COMMANDS)
@pytest.mark.parametrize("fault", thinned(((), (FORWARDING_OFF,), (USER_DROPS,)), 2), ids=("healthy", "sysctl", "rule"))
def test_no_terminal_obeys_a_snapshot(
    command: tuple[str, ...],
    fault: tuple[tuple[str, str], ...],
    capsys: pytest.CaptureFixture[str],
    files: Callable[..., tuple[str, str]],
) -> None:
    plain, odd = (call(capsys, *command, "--snapshot", each) for each in files(*fault))
    assert obeyed(odd.out) == obeyed(odd.err) == set()
    assert odd.status == plain.status


@pytest.mark.parametrize("fault", thinned(((), (FORWARDING_OFF,), (USER_DROPS,)), 2), ids=("healthy", "sysctl", "rule"))
def test_json_has_the_names_and_the_same_answer(
    fault: tuple[tuple[str, str], ...], capsys: pytest.CaptureFixture[str], files: Callable[..., tuple[str, str]]
) -> None:
    plain, odd = (call(capsys, "check", "8080", "--json", "--no-replica", "--snapshot", each) for each in files(*fault))
    assert obeyed(odd.out) == set()
    first, second = json.loads(plain.out), json.loads(odd.out)
    assert second["host"]["name"] == f"host{SEQUENCES}"
    assert [each["verdict"] for each in second["flows"]] == [each["verdict"] for each in first["flows"]]
    assert [each["id"] for each in second["causes"]] == [each["id"] for each in first["causes"]]
    for cause in second["causes"]:
        assert cause["proof"]["with_change"] in ("delivered", "leaves")
