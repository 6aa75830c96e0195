"""A step as acts: in order, up to the first that fails."""

import msgspec
import pytest

from hairpin.carry.act import Act, Command, Done, FileState, Replace
from hairpin.change.calls import ReloadUfw, SetUnitState
from hairpin.change.change import Change, DeleteRule, ReplaceSysctls, SetLink
from hairpin.change.commands.carrying import carrying, carrying_all, taking_empty_chains
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, Step
from hairpin.change.steps import steps
from hairpin.host.link import Link
from hairpin.message import Message, verbatim
from hairpin.netfilter.evaluate.chain import Place
from tests.remedy.situations import insertion
from tests.remedy.situations import network as with_rules
from tests.small_host import HOST_NETNS, network, sibling

SYSCTLS = ReplaceSysctls(sibling("container:web"), ((("net", "x"), "1"),))
NATIVE = DeleteRule(HOST_NETNS, Place("nft", "inet", "t", "A", 2, "drop"))
REFUSED = Done(1, "", verbatim("no"))
LISTED = '{"nftables": [{"chain": {}}, {"rule": {"handle": 11}}, {"rule": {"handle": 12}}]}'


def acts(made: tuple[Step, ...], *answers: Done) -> tuple[list[Act], str]:
    """Return what is done when these are the answers, and the complaint in English."""
    acting, found, left = carrying_all(made), list[Act](), list(answers)
    try:
        act = next(acting)
        while True:
            found.append(act)
            act = acting.send(left.pop(0) if left else Done(0))
    except StopIteration as ended:
        complaint: Message | None = ended.value
        return found, str(complaint or "")


def test_a_command_is_run_in_its_namespace() -> None:
    found, complaint = acts(steps(Change((SYSCTLS,)), network()))
    assert found == [Command(("nsenter", "-t", "42", "-n", "sysctl", "-w", "net.x=1"))]
    assert complaint == ""


def test_a_load_reads_nfts_handles_first() -> None:
    found, _ = acts(steps(Change((NATIVE,)), network()), Done(0, LISTED))
    assert found == [
        Command(("nft", "-j", "list", "chain", "inet", "t", "A")),
        Command(("nft", "-f", "-"), "delete rule inet t A handle 12\n"),
    ]
    assert acts(steps(Change((NATIVE,)), network()))[1] == "no rule 2 in inet t A"


def test_chains_that_the_tool_has_made_are_taken_away_if_it_agrees() -> None:
    (load,) = steps(Change((insertion("PREROUTING", "-j ACCEPT", table="mangle"),)), with_rules())
    assert isinstance(load, LoadRules)
    acting = taking_empty_chains(msgspec.structs.replace(load, makes=("PREROUTING",)))
    assert next(acting) == Command(("iptables", "-w", "-t", "mangle", "-X", "PREROUTING"))
    with pytest.raises(StopIteration) as ended:
        acting.send(REFUSED)
    assert ended.value.value is None


def test_the_first_failure_ends_the_step() -> None:
    made = steps(Change((SYSCTLS, SYSCTLS)), network())
    assert (len(acts(made, REFUSED)[0]), acts(made, REFUSED)[1]) == (1, "no")
    assert acts(made, Done(9))[1] == "nsenter ended with status 9"


def test_a_unit_that_ends_at_once_tells_why() -> None:
    start = Ask(host="h", call=SetUnitState("start", "docker"))
    ended = Done(1, "", verbatim("Job for docker.service failed."))
    found, said = acts((start,), ended, Done(0, "networks have same bridge name\n"))
    assert [each.argv[0] for each in found if isinstance(each, Command)] == ["systemctl", "journalctl"]
    assert said == "Job for docker.service failed. Its last line: networks have same bridge name"
    assert acts((start,), ended, Done(127))[1] == "Job for docker.service failed."
    assert len(acts((start,))[0]) == 1


def test_dockerd_judges_its_file_before_it_is_there() -> None:
    before, after = FileState("a"), FileState("b", 0o600, 0, 0)
    validator = ("dockerd", "--validate", "--config-file")
    file = ReplaceFile(host="h", path="/etc/docker/daemon.json", before=before, after=after, validator=validator)
    copy = "/etc/docker/.daemon.json.hairpin-new"
    judged = [Replace(copy, None, after), Command((*validator, copy)), Replace(copy, after, None)]
    put = Replace(file.path, before, after)
    assert acts((file,)) == ([*judged, put], "")
    assert acts((file,), Done(0), REFUSED) == (judged, "no")
    assert acts((file,), Done(0), Done(127)) == ([*judged, put], "")  # dockerd is not in the path
    assert acts((file,), REFUSED) == (judged[:1], "no")
    gone = msgspec.structs.replace(file, after=None)
    assert acts((gone,)) == ([Replace(file.path, before, None)], "")


def test_files_calls_and_steps_for_a_person() -> None:
    before, after = FileState("a"), FileState("b")
    file = ReplaceFile(host="h", path="/etc/a", before=before, after=after)
    assert acts((file, Ask(host="h", call=ReloadUfw()))) == (
        [Replace("/etc/a", before, after), Command(("ufw", "reload"))], "",
    )  # fmt: skip
    advice = Advise(does=(SetLink(HOST_NETNS, Link(1, "a")),))
    assert acts((advice,)) == ([], "no command can do this; a person has to do it")
    assert next(carrying(file)) == Replace("/etc/a", before, after)
