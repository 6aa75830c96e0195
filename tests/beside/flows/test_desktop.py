"""What an answer says about a host that is the virtual machine of a desktop engine."""

from pathlib import Path

import msgspec
import pytest

from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence, Reading
from hairpin.question.question import Question
from hairpin.question.target import parse_target

HEALTHY = load(Path(__file__).parents[2] / "fixtures" / "hosts" / "none.hairpin")
RULE = "-A DOCKER -d 127.0.0.0/8 -i loopback0 -j RETURN\n"
WSL2 = "6.6.87.2-microsoft-standard-WSL2"


def told(evidence: Evidence) -> str:
    """Return the notes of the answer about the published port of this host."""
    answer = ask(Question(targets=(parse_target("8151"),)), (evidence,))
    assert all(each.succeeds for each in answer.flows)
    return "\n".join(map(str, answer.notes))


def guest(kernel: str, signs: str = "", rule: str = "") -> Evidence:
    """Return the evidence of the healthy host with this kernel and these signs, and with a rule of dockerd's."""
    readings = tuple(
        msgspec.structs.replace(each, text=each.text.replace("-A DOCKER -i docker0", f"{rule}-A DOCKER -i docker0"))
        if each.key == "iptables-nft-save4" and each.netns == "host"
        else each
        for each in HEALTHY.readings
    )
    more = (Reading("e900", "desktop-signs", "", "wslinfo", "t", 0, "text", signs),) if signs else ()
    return msgspec.structs.replace(HEALTHY, kernel=kernel, readings=(*readings, *more))


NOTES: dict[str, tuple[Evidence, str, str]] = {
    "Docker Desktop": (
        guest("6.10.14-linuxkit"), "hairpin checks packets only inside this VM", "lsof -nP -i :8151"),
    "WSL in NAT mode": (
        guest(WSL2, "wsl-networking\tnat\n"), "Windows forwards only its own localhost", "portproxy"),
    "WSL, mirrored, an old Docker": (
        guest(WSL2, "wsl-networking\tmirrored\n"), "answer has no way back (microsoft/WSL#10494)",
        "ignoredPorts=8151"),
    "WSL, mirrored, a new Docker": (
        guest(WSL2, "wsl-networking\tmirrored\n", RULE), "docker-proxy takes connections from Windows to localhost",
        "hostAddressLoopback=true"),
}  # fmt: skip


@pytest.mark.parametrize(("evidence", "said", "check"), NOTES.values(), ids=NOTES)
def test_what_forwards_into_it_cannot_be_seen(evidence: Evidence, said: str, check: str) -> None:
    notes = told(evidence)
    assert said in notes
    assert check in notes
    assert any(each in notes for each in ("hairpin checks packets only inside", "hairpin cannot see", "10494"))


def test_of_any_other_host_nothing_is_said() -> None:
    assert "Windows" not in told(HEALTHY)
