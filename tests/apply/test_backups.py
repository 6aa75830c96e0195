"""What a plan touches is beside its journal as it was, for root alone, and as long as the plan is kept."""

from pathlib import Path

import msgspec
import pytest

from hairpin.apply.backups import backups_of
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.program.outpost import Outpost, here
from hairpin.apply.program.parcel import act_files, parcel
from hairpin.apply.program.plan_book import PlanBook
from hairpin.carry.act import Command, FileState
from hairpin.change.calls import OpenPort, SetContainerState
from hairpin.change.change import Change
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import steps
from hairpin.errors import ApplyError
from tests.apply.plans import FAR_S
from tests.remedy.situations import insertion, network, nft_insertion, sysctl

FILE = ReplaceFile(host="h", path="/etc/nftables.conf", before=FileState("flush ruleset\n"), after=FileState("x\n"))
NEW = ReplaceFile(host="h", path="/etc/sysctl.d/99-hairpin-x.conf", before=None, after=FileState("x\n"))


def kept(*made: Step) -> dict[str, str]:
    commands, files = backups_of(made)
    return {name: " ".join(each.argv) for name, each in commands.items()} | files


def test_a_table_is_there_in_the_words_that_load_it_again() -> None:
    made = steps(Change((insertion("FORWARD", "-j ACCEPT"), insertion("FORWARD", "-i eth0 -j ACCEPT"))), network())
    assert kept(*made) == {"iptables-save-t-filter": "iptables-save -t filter"}


def test_nft_prints_the_whole_ruleset() -> None:
    made = steps(Change((nft_insertion("accept"),)), network())
    assert kept(*made) == {"nft-list-ruleset": "nft list ruleset"}


def test_a_manager_may_change_every_table() -> None:
    assert set(kept(Ask(host="h", call=OpenPort("public", 80, "tcp")))) == {
        "iptables-save", "ip6tables-save", "nft-list-ruleset",
    }  # fmt: skip


def test_a_file_is_there_as_it_was() -> None:
    assert kept(FILE, NEW) == {"etc_nftables.conf": "flush ruleset\n"}


def test_what_touches_neither_has_no_backup() -> None:
    made = (*steps(Change((sysctl("net.ipv4.conf.eth0.forwarding"),)), network()), NEW)
    assert kept(*made, Ask(host="h", call=SetContainerState("docker", "start", "web"))) == {}


def begun(outpost: Outpost) -> str:
    return outpost.ask("begin", str(FAR_S), outpost.carrier).frames[0].fields[0]


def fill(outpost: Outpost, plan: str) -> None:
    """Fill a plan with the task of a file, a ruleset to be saved, and one whose program the host has not."""
    step = msgspec.structs.replace(FILE, host=network().this.name)
    files = parcel((PlannedStep("own", step),), (step,), network())
    saved = {"iptables-save": Command(("echo", "*filter")), "ip6tables-save": Command(("no-such-program",))}
    for number, (name, command) in enumerate(saved.items(), 1):
        files |= dict(act_files(f"save.{number}", command)) | {f"save.{number}.name": f"{name}\n".encode()}
    outpost.ask("fill", plan, str(FAR_S), files=files)


def test_they_are_roots_alone_beside_the_journal_and_go_with_a_plan_that_was_dropped(tmp_path: Path) -> None:
    outpost = here(tmp_path / "journal")
    plan = begun(outpost)
    fill(outpost, plan)
    own = tmp_path / "journal" / f"before-{plan}"
    assert {each.name: each.read_text("utf-8") for each in own.iterdir()} == {
        "etc_nftables.conf": "flush ruleset\n", "iptables-save": "*filter\n",
    }  # fmt: skip
    assert own.stat().st_mode & 0o777 == 0o700
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in own.iterdir())
    outpost.ask("drop", plan)
    assert not own.exists()


def test_nothing_is_begun_if_they_cannot_be_written(tmp_path: Path) -> None:
    outpost = here(tmp_path / "journal")
    plan = begun(outpost)
    (tmp_path / "journal" / f"before-{plan}").touch()
    with pytest.raises(ApplyError, match="cannot be saved in"):
        fill(outpost, plan)
    PlanBook(outpost).end(plan, "taken-back")
