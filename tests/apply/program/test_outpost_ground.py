"""Which built-in chains iptables-nft will make for a load is asked of nft, which lists those that are there."""

from pathlib import Path

import pytest

from hairpin.apply.kept_plan import KeptPlan, PlannedStep
from hairpin.apply.program.outpost_ground import PlanCopies, with_made_chains
from hairpin.carry.act import Acting, Command, Done
from hairpin.change.change import Change
from hairpin.change.step import LoadRules
from hairpin.change.steps import steps
from hairpin.errors import JournalError
from hairpin.message import Message
from tests.remedy.situations import insertion, network, nft_insertion

LISTED = """# Warning: table ip filter is managed by iptables-nft, do not touch!
table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy accept;
	}
}
table ip6 filter {
	chain INPUT {
	}
}
"""


class Nft:
    """Answers the one question."""

    def __init__(self, done: Done) -> None:
        self.done = done
        self.asked: list[Command] = []

    def __call__(self, acting: Acting) -> Message | None:
        try:
            act = next(acting)
            assert isinstance(act, Command)
            self.asked.append(act)
            acting.send(self.done)
        except StopIteration as ended:
            complaint: Message | None = ended.value
            return complaint
        return None


def makes(nft: Nft, *chains: str) -> tuple[str, ...]:
    (made,) = steps(Change(tuple(insertion(each, "-j ACCEPT") for each in chains)), network())
    plan = with_made_chains(KeptPlan("1", "h", "b", "t", tasks=(PlannedStep("own", made),)), nft)
    (task,) = plan.tasks
    assert isinstance(task.step, LoadRules)
    return task.step.makes


@pytest.mark.parametrize(
    ("listed", "made"),
    ((LISTED, ("INPUT",)), ("", ("INPUT", "FORWARD")), (LISTED.replace("table ip6", "table ip"), ())),
)
def test_those_are_made_that_are_not_there(listed: str, made: tuple[str, ...]) -> None:
    nft = Nft(Done(0, listed))
    assert makes(nft, "INPUT", "FORWARD", "DOCKER-USER", "INPUT") == made
    assert nft.asked == [Command(("nft", "-t", "list", "ruleset"))]


def test_what_nobody_can_tell_is_left() -> None:
    assert makes(Nft(Done(127, "", Message("none", ()))), "INPUT") == ()


def test_no_other_load_is_asked_for() -> None:
    nft = Nft(Done(0, ""))
    assert makes(nft, "DOCKER-USER") == ()
    (made,) = steps(Change((nft_insertion("accept"),)), network())
    with_made_chains(KeptPlan("1", "h", "b", "t", tasks=(PlannedStep("own", made),)), nft)
    assert nft.asked == []


def plan(number: int) -> KeptPlan:
    return KeptPlan(str(number), "web1", "boot", "2026-01-01T00:00:00Z", ("fix", "8080"), "applied")


def test_the_newest_plans_of_each_host_are_kept(tmp_path: Path) -> None:
    copies = PlanCopies(tmp_path / "plans")
    for number in range(1, 61):
        copies.keep("ann@web1", plan(number))
    copies.keep("../web2", plan(7))
    assert [each.id for each in copies.of_host("ann@web1")] == [str(number) for number in range(60, 10, -1)]
    assert copies.of_host("../web2") == (plan(7),)
    assert copies.of_host("web3") == ()
    assert {each.name for each in (tmp_path / "plans" / "copies").iterdir()} == {"ann@web1", "..%2Fweb2"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "plans").touch()
    with pytest.raises(JournalError, match="plans/copies/web1 cannot be used"):
        PlanCopies(tmp_path / "plans").keep("web1", plan(1))
