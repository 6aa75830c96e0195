"""What a plan touches is beside its journal as it was, for root alone, and as long as the plan is kept."""

from contextlib import closing
from pathlib import Path

import pytest

from hairpin.apply.backups import backup_folder, forget_backups, keep_backups
from hairpin.apply.journal import Journal
from hairpin.apply.task import Task
from hairpin.carry.act import Acting, Command, Done, FileState
from hairpin.change.calls import OpenPort, SetContainerState
from hairpin.change.change import Change
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import steps
from hairpin.errors import JournalError
from hairpin.message import Message
from tests.apply.plans import begun
from tests.remedy.situations import insertion, network, nft_insertion, sysctl


def saving(acting: Acting) -> Message | None:
    """Print each command as its result, but for a program that the host has not."""
    try:
        act = next(acting)
        while True:
            assert isinstance(act, Command)
            line = " ".join(act.argv)
            act = acting.send(Done(127) if "ip6tables" in line else Done(0, f"{line}\n"))
    except StopIteration as ended:
        complaint: Message | None = ended.value
        return complaint


def kept(folder: Path, *made: Step) -> dict[str, str]:
    journal, plan = begun(folder, tuple(Task("own", each) for each in made))
    journal.close()
    keep_backups(folder, plan, saving)
    own = backup_folder(folder, plan.id)
    assert not own.exists() or own.stat().st_mode & 0o777 == 0o700
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in own.glob("*"))
    return {each.name: each.read_text("utf-8") for each in own.glob("*")}


FILE = ReplaceFile(host="h", path="/etc/nftables.conf", before=FileState("flush ruleset\n"), after=FileState("x\n"))
NEW = ReplaceFile(host="h", path="/etc/sysctl.d/99-hairpin-x.conf", before=None, after=FileState("x\n"))


def test_a_table_is_there_in_the_words_that_load_it_again(tmp_path: Path) -> None:
    made = steps(Change((insertion("FORWARD", "-j ACCEPT"), insertion("FORWARD", "-i eth0 -j ACCEPT"))), network())
    assert kept(tmp_path, *made) == {"iptables-save-t-filter": "iptables-save -t filter\n"}


def test_nft_prints_the_whole_ruleset(tmp_path: Path) -> None:
    made = steps(Change((nft_insertion("accept"),)), network())
    assert kept(tmp_path, *made) == {"nft-list-ruleset": "nft list ruleset\n"}


def test_a_manager_may_change_every_table(tmp_path: Path) -> None:
    """ip6tables is not installed there."""
    assert kept(tmp_path, Ask(host="h", call=OpenPort("public", 80, "tcp"))) == {
        "iptables-save": "iptables-save\n", "nft-list-ruleset": "nft list ruleset\n",
    }  # fmt: skip


def test_a_file_is_there_as_it_was(tmp_path: Path) -> None:
    assert kept(tmp_path, FILE, NEW) == {"etc_nftables.conf": "flush ruleset\n"}


def test_what_touches_neither_has_no_backup(tmp_path: Path) -> None:
    made = (*steps(Change((sysctl("net.ipv4.conf.eth0.forwarding"),)), network()), NEW)
    assert kept(tmp_path, *made, Ask(host="h", call=SetContainerState("docker", "start", "web"))) == {}
    assert list(tmp_path.glob("before-*")) == []


def test_they_go_with_their_plan(tmp_path: Path) -> None:
    for plan in ("1", "2"):
        backup_folder(tmp_path, plan).mkdir()
        (backup_folder(tmp_path, plan) / "x").touch()
    forget_backups(tmp_path, frozenset({"2"}))
    assert list(tmp_path.iterdir()) == [backup_folder(tmp_path, "2")]


def test_nothing_is_begun_if_they_cannot_be_written(tmp_path: Path) -> None:
    journal, plan = begun(tmp_path, (Task("own", FILE),))
    with closing(journal):
        backup_folder(tmp_path, plan.id).touch()
        with pytest.raises(JournalError, match="cannot be written to"):
            keep_backups(tmp_path, plan, saving)


def test_the_journal_forgets_them_with_old_plans(tmp_path: Path) -> None:
    journal, first = begun(tmp_path, (Task("own", FILE),))
    with closing(journal):
        keep_backups(tmp_path, first, saving)
        journal.end(first.id, "taken-back")
        begun(tmp_path, ())[0].close()
        assert backup_folder(tmp_path, first.id).exists()
        for _ in range(50):
            begun(tmp_path, ())[0].close()
        assert not backup_folder(tmp_path, first.id).exists()
    with closing(Journal(tmp_path)) as again:
        assert again.find(first.id) is None
