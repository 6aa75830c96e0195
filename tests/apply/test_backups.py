"""What a plan touches is beside its journal as it was, for root alone, and as long as the plan is kept."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.backups import backups_of, give_back, with_owners_files
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.program.outpost import Outpost, here
from hairpin.apply.program.parcel import act_files, parcel
from hairpin.apply.program.plan_book import PlanBook
from hairpin.carry.act import Command, FileState
from hairpin.change import calls
from hairpin.change.calls import OpenPort, SetContainerState
from hairpin.change.change import Change
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import steps
from hairpin.errors import ApplyError
from hairpin.host.managers import ConfigFile
from hairpin.message import Message
from tests.apply.plans import FAR_S
from tests.remedy import situations
from tests.remedy.situations import insertion, nft_insertion, sysctl
from tests.small_host import network

FILE = ReplaceFile(host="h", path="/etc/nftables.conf", before=FileState("flush ruleset\n"), after=FileState("x\n"))
NEW = ReplaceFile(host="h", path="/etc/sysctl.d/99-hairpin-x.conf", before=None, after=FileState("x\n"))


def kept(*made: Step) -> dict[str, str]:
    commands, files = backups_of(made)
    return {name: " ".join(each.argv) for name, each in commands.items()} | files


def test_a_table_is_there_in_the_words_that_load_it_again() -> None:
    made = steps(
        Change((insertion("FORWARD", "-j ACCEPT"), insertion("FORWARD", "-i eth0 -j ACCEPT"))), situations.network()
    )
    assert kept(*made) == {"iptables-save-t-filter": "iptables-save -t filter"}


def test_nft_prints_the_whole_ruleset() -> None:
    made = steps(Change((nft_insertion("accept"),)), situations.network())
    assert kept(*made) == {"nft-list-ruleset": "nft list ruleset"}


def test_a_manager_may_change_every_table() -> None:
    assert set(kept(Ask(host="h", call=OpenPort("public", 80, "tcp")))) == {
        "iptables-save", "ip6tables-save", "nft-list-ruleset",
    }  # fmt: skip


def test_a_file_is_there_as_it_was() -> None:
    assert kept(FILE, NEW) == {"etc_nftables.conf": "flush ruleset\n"}


def test_what_touches_neither_has_no_backup() -> None:
    made = (*steps(Change((sysctl("net.ipv4.conf.eth0.forwarding"),)), situations.network()), NEW)
    assert kept(*made, Ask(host="h", call=SetContainerState("docker", "start", "web"))) == {}


def begun(outpost: Outpost) -> str:
    return outpost.ask("begin", str(FAR_S), outpost.carrier).frames[0].fields[0]


def fill(outpost: Outpost, plan: str) -> None:
    """Fill a plan with the task of a file, a ruleset to be saved, and one whose program the host has not."""
    step = msgspec.structs.replace(FILE, host=situations.network().this.name)
    files = parcel((PlannedStep("own", step),), (step,), situations.network())
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


ETC, STOCK = "/etc/firewalld/zones/drop.xml", "/usr/lib/firewalld/zones/drop.xml"
SHIPPED = '<?xml version="1.0" encoding="utf-8"?>\n<zone target="DROP">\n  <short>Drop</short>\n</zone>\n'
WRITTEN = '<?xml version="1.0" encoding="utf-8"?>\n<zone target="DROP"><short>Drop</short></zone>'
OPENED = WRITTEN.replace("</zone>", '<port port="80" protocol="tcp"/></zone>')
OWN = "<zone>\n<!-- mine -->\n<short>Drop</short></zone>\n"
CALL = calls.OpenPort("drop", 80, "tcp", permanent=True)


class Disk:
    """Files by their paths."""

    def __init__(self, **files: str) -> None:
        self.files = {path: FileState(text, 0o644, 0, 0, ()) for path, text in files.items()}

    def read(self, path: str) -> FileState | None:
        return self.files.get(path)

    def carry(self, step: ReplaceFile) -> Message | None:
        assert self.files.pop(step.path, None) == step.before
        if step.after is not None:
            self.files[step.path] = step.after
        return None

    def write(self, path: str, text: str) -> None:
        self.files[path] = FileState(text, 0o600, 0, 0, ())


def ask(call: calls.OwnersCall, *files: ConfigFile) -> tuple[Ask, Callable[[Disk], Ask]]:
    host = msgspec.structs.replace(network().this, files=files)
    back = calls.reverse(call, host)
    assert back is not None
    step = Ask(host=host.name, call=call, undo=(Ask(host=host.name, call=back, undo=()),))

    def known(disk: Disk) -> Ask:
        made = with_owners_files(step, host, disk.read)
        assert isinstance(made, Ask)
        return made

    return step, known


def known(disk: Disk, call: calls.OwnersCall = CALL) -> Ask:
    return ask(call)[1](disk)


@pytest.mark.parametrize("was", ({STOCK: SHIPPED}, {STOCK: SHIPPED, ETC: OWN}, {ETC: OWN, f"{ETC}.old": SHIPPED}))
def test_the_bytes_come_back(was: dict[str, str]) -> None:
    disk = Disk(**was)
    before = dict(disk.files)
    step = known(disk)
    disk.write(f"{ETC}.old", OPENED)
    disk.write(ETC, WRITTEN if ETC not in was else "<zone><short>Drop</short></zone>")
    give_back(step, disk.read, disk.carry)
    assert disk.files == before


@pytest.mark.parametrize("text", (OPENED, "<zone>", WRITTEN.replace("DROP", "ACCEPT")))
def test_what_says_something_new_stays(text: str) -> None:
    """Somebody has changed the zone since, or another call of the plan has still to be undone."""
    disk = Disk(**{STOCK: SHIPPED})
    step = known(disk)
    disk.write(ETC, text)
    give_back(step, disk.read, disk.carry)
    assert disk.files[ETC].content == text


def test_direct_rules_that_are_gone_leave_no_file() -> None:
    disk = Disk()
    step = known(disk, calls.AddDirectRule("ip", "filter", "FORWARD", "-j ACCEPT"))
    disk.write("/etc/firewalld/direct.xml", '<?xml version="1.0" encoding="utf-8"?>\n<direct/>')
    give_back(step, disk.read, disk.carry)
    assert disk.files == {}


PATHS: dict[str, tuple[calls.OwnersCall, tuple[str, ...]]] = {
    "rich rule of a policy": (
        calls.AddRichRule("policy", "in", "rule accept", permanent=True),
        ("/etc/firewalld/policies/in.xml",),
    ),
    "source": (calls.TrustSource("10.0.0.0/8", permanent=True), ("/etc/firewalld/zones/trusted.xml",)),
    "only at run time": (calls.OpenPort("drop", 80, "tcp"), ()),
    "ufw": (calls.AllowInUfw(80, "tcp"), ()),
}


@pytest.mark.parametrize(("call", "paths"), PATHS.values(), ids=PATHS)
def test_which_files_a_call_writes(call: calls.OwnersCall, paths: tuple[str, ...]) -> None:
    assert tuple(each.path for each in known(Disk(), call).files) == paths


def test_a_link_leaves_its_zone() -> None:
    files = (
        ConfigFile(ETC, '<zone><interface name="eth0"/></zone>'),
        ConfigFile("/etc/firewalld/zones/a.xml", "<zone/>"),
    )
    host = msgspec.structs.replace(network().this, files=files)
    step = Ask(
        host=host.name, call=calls.BindInterface("home", "eth0", permanent=True), undo=(Ask(host="", call=CALL),)
    )
    made = with_owners_files(step, host, Disk().read)
    assert isinstance(made, Ask)
    assert [each.path for each in made.files] == ["/etc/firewalld/zones/home.xml", ETC]


@pytest.mark.parametrize("was", ({STOCK: SHIPPED}, {STOCK: SHIPPED, ETC: OWN}))
def test_what_a_kill_has_left_to_be_given_back_is_given_back(was: dict[str, str]) -> None:
    """The file has its bytes again, and its owner's copy of it is still there."""
    disk = Disk(**was)
    before = dict(disk.files)
    step = known(disk)
    disk.write(f"{ETC}.old", OPENED)
    give_back(step, disk.read, disk.carry)
    assert disk.files == before
