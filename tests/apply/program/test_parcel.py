"""A plan's tasks as files: whole before the first step, each with its undo and its probe."""

import msgspec
import pytest

from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.program.parcel import act_files, parcel
from hairpin.carry.act import Act, Command, FileState, Replace
from hairpin.change.change import Change, InsertRule, Primitive, SetDormant, SetSysctl
from hairpin.change.step import LoadRules, ReplaceFile, Step
from hairpin.change.steps import steps
from hairpin.errors import ApplyError
from hairpin.host.host import Host
from hairpin.netfilter.ir import Chain, FieldMatch, Rule, Ruleset, Table, Verdict
from hairpin.network.network import Network
from tests.apply.plans import FAULTY, plan

NETWORK = FAULTY.network
NETNS = NETWORK.this.netns


def files_of(*made: Step, network: Network = NETWORK) -> dict[str, str]:
    tasks = tuple(PlannedStep("own", each) for each in made)
    return {name: content.decode() for name, content in parcel(tasks, made, network).items()}


def test_a_sysctl_is_set_probed_and_set_back() -> None:
    (step,) = plan().repairs[0].remedy.steps
    files = files_of(step)
    assert files["count"] == "1\n"
    assert files["0.do.1"] == "kind command\na sysctl\na -w\na net.ipv4.conf.eth0.forwarding=1\n"
    assert files["0.undo.1"].endswith("=0\n")
    assert files["0.probe.1"] == "kind command\na cat\na /proc/sys/net/ipv4/conf/eth0/forwarding\n"
    assert files["0.when"] == "stay\n"


def test_what_nothing_takes_back_says_never() -> None:
    (step,) = steps(Change((SetSysctl(NETNS, ("net", "ipv4", "conf", "eth0", "forwarding"), "1"),)), NETWORK)
    files = files_of(msgspec.structs.replace(step, undo=None))
    assert files["0.when"] == "never\n"
    assert "0.undo.1" not in files


RULE = Rule((FieldMatch("mark", ((7, 7),)), Verdict("accept")), "meta mark 0x00000007 accept", 1)


def with_nft_table() -> Network:
    rules = tuple(msgspec.structs.replace(RULE, number=number) for number in (1, 2, 3))
    table = Table("inet", "own", "nft", (Chain("base", rules),))
    namespace = NETWORK.namespace(NETNS)
    ruleset = Ruleset((*namespace.ruleset.tables, table))
    changed = msgspec.structs.replace(namespace, ruleset=ruleset)
    spaces = tuple(changed if each is namespace else each for each in NETWORK.this.namespaces)
    host: Host = msgspec.structs.replace(NETWORK.this, namespaces=spaces)
    return msgspec.structs.replace(NETWORK, hosts=(host,))


def test_a_load_of_nft_finds_its_handles_there() -> None:
    """By the listing's number and the rule's: the kernel gives new handles at each load."""
    network = with_nft_table()
    (step,) = steps(Change((InsertRule(NETNS, "nft", "inet", "own", "base", RULE, 3),)), network)
    files = files_of(step, network=network)
    assert files["0.do.1"] == "kind nft\na nft\na -f\na -\n"
    assert files["0.do.1.text"] == "insert rule inet own base handle \x011.3\x01 meta mark 0x00000007 accept\n"
    assert files["0.do.1.list.1"].split("\na ")[1:] == ["nft", "-j", "list", "chain", "inet", "own", "base\n"]
    assert files["0.do.1.list.1.count"] == "3\n"
    assert files["0.undo.1.text"] == "delete rule inet own base handle \x011.4\x01\n"
    assert files["0.undo.1.list.1.count"] == "4\n"


def test_insertions_of_iptables_are_also_undone_by_their_words() -> None:
    words = "-A FORWARD -m mark --mark 0x7 -j ACCEPT"
    rule = Rule((FieldMatch("mark", ((7, 7),)), Verdict("accept")), words, 0)
    part: Primitive = InsertRule(NETNS, "iptables-nft", "ip", "filter", "FORWARD", rule, 1)
    (step,) = steps(Change((part,)), NETWORK)
    assert isinstance(step, LoadRules)
    files = files_of(step)
    assert "a -D\na FORWARD\na -m\na mark\na --mark\na 0x7\n" in files["0.words.1"]
    inserting = msgspec.structs.replace(step, undo=(step,))
    assert not any("words" in name for name in files_of(inserting))


def test_a_dormant_table_is_probed_with_its_flags() -> None:
    network = with_nft_table()
    change = Change((SetDormant(NETNS, "nft", "inet", "own", dormant=True),))
    assert files_of(*steps(change, network), network=network)["0.probe.1"] == (
        "kind command\na nft\na -s\na list\na table\na inet\na own\n"
    )


def test_a_file_goes_with_both_contents_mode_and_owner() -> None:
    step = ReplaceFile(
        host=NETWORK.this.name, path="/etc/a b", before=None, after=FileState("x\n", 0o640, 1, 2), undo=()
    )
    files = files_of(step)
    assert files["0.do.1"] == "kind replace\na /etc/a b\na 640\na 1:2\n"
    assert files["0.do.1.after"] == "x\n"
    assert "0.do.1.before" not in files
    assert not any("probe" in name for name in files)


HOSTILE: dict[str, Act] = {
    "a module loader": Command(("iptables", "-A", "FORWARD", "--modprobe", "/opt/x")),
    "a module loader in the text": Command(("iptables-restore",), "*filter\n-A FORWARD -M /opt/x\nCOMMIT\n"),
    "a zero byte": Command(("true", "a\0b")),
    "a zero byte in a file": Replace("/etc/a", None, FileState("a\0b", 0o644, 0, 0)),
}


@pytest.mark.parametrize("act", HOSTILE.values(), ids=HOSTILE)
def test_what_must_not_be_done_there_does_not_go_there(act: Act) -> None:
    with pytest.raises(ApplyError):
        dict(act_files("0.do.1", act))


def test_each_word_is_a_line_of_its_own_whatever_is_in_it() -> None:
    files = dict(act_files("1.do.1", Command(("printf", "a\nkind nft\nb", "", " $(x) 'y' "), "text")))
    assert files["1.do.1"] == b"kind command\na printf\na a\n+ kind nft\n+ b\na \na  $(x) 'y' \n"
    assert files["1.do.1.text"] == b"text"
