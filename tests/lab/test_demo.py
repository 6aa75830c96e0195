"""The demo does what it tells, with the hairpin that is called."""

import pytest

from hairpin.errors import LabError
from hairpin.lab.demo import demo
from tests.whole import thinned_rows

ON, OFF = (f"sysctl -w net.ipv4.conf.eth0.forwarding={value}" for value in (1, 0))


def calling(fix: str, undo: str, check: str = "echo eth0 does not forward; exit 1") -> tuple[str, ...]:
    """Return a command that stands for hairpin."""
    return ("sh", "-c", f'case "$0" in check) {check} ;; fix) {fix} ;; undo) {undo} ;; esac')


def test_the_story() -> None:
    said: list[str] = []
    demo(said.append, command=calling(ON, OFF))
    told = "\n".join(said)
    acts = (
        "hello from the lab",
        "host# sysctl -w net.ipv4.conf.eth0.forwarding=0",
        "no answer",
        "host# hairpin check 8151\n    eth0 does not forward",
        "host# hairpin fix 8151 --apply --yes --persist",
        "hello from the lab",
        "host# hairpin undo",
        "no answer",
    )
    place = 0
    for act in acts:
        place = told.index(act, place) + 1


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a repair that does not repair": (calling("sysctl -w net.ipv4.ip_forward=1", OFF), "wget"),
    "a repair that fails": (calling("echo no; exit 3", OFF), "`hairpin fix 8151 .*` ended with status 3 .*: no"),
    "a healthy answer": (calling(ON, OFF, check="exit 0"), "`hairpin check 8151` ended with status 0"),
    "an undo that does nothing": (calling(ON, ":"), "should time out"),
}


@pytest.mark.parametrize(("command", "complaint"), thinned_rows(WRONG.values(), 5), ids=WRONG)
def test_another_result_fails_the_demo(command: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        demo(_nobody, command=command)


def _nobody(_text: str) -> None:
    return None
