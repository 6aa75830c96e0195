"""What this machine knows of the plans of other hosts: the newest of each, for this user alone."""

from pathlib import Path

import pytest

from hairpin.apply.kept_plan import KeptPlan
from hairpin.apply.program.copies import PlanCopies
from hairpin.errors import JournalError


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
