"""What nothing on the host loads at boot is made by a unit."""

import re

import msgspec
import pytest

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfFile
from hairpin.change.change import Change, InsertRule
from hairpin.change.intent import LoopBack, rendered
from hairpin.change.simulation.simulate import simulate
from hairpin.host.managers import ConfigFile, ScriptLine, Unit
from hairpin.network.network import Network
from hairpin.remedy.boot.unit import is_of_loopback
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.remedy.situations import HOST_NETNS, NOTHING, insertion, network, remedy

WORDS = "-d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11"
DNAT = insertion("OUTPUT", WORDS, table="nat")


def test_without_a_keeper_of_rules_a_unit_makes_the_rule() -> None:
    told = remedy(network(), DNAT, cause="nat-loopback-on-cloud-address")
    (file,) = told.persist
    name = re.fullmatch(
        r"/etc/systemd/system/(hairpin-nat-loopback-on-cloud-address-8151-[0-9a-f]{6}\.service)", file.file
    )
    assert name is not None
    starts = [line.removeprefix("ExecStart=") for line in file.content.splitlines() if line.startswith("ExecStart=")]
    assert starts == [
        f"-/usr/bin/env iptables -w -t nat -D OUTPUT {WORDS}", f"/usr/bin/env iptables -w -t nat -I OUTPUT 1 {WORDS}"
    ]  # fmt: skip
    assert "After=network.target docker.service" in file.content
    assert told.persist_commands == (f"systemctl enable {name[1]}",)


def test_units_for_other_ports_and_hooks_stand_beside_each_other() -> None:
    others = (
        DNAT,
        insertion("PREROUTING", WORDS, table="nat"),
        insertion("OUTPUT", WORDS.replace("8151", "8152"), table="nat"),
    )
    files = [remedy(network(), each, cause="nat-loopback-on-cloud-address").persist[0].file for each in others]
    assert len(set(files)) == len(files)


def test_no_shell_reads_a_comment() -> None:
    words = '-p tcp -m comment --comment "a; rm $HOME 100%" -j DROP'
    (file,) = remedy(network(), insertion("OUTPUT", words, table="nat"), cause="nat-loopback-on-cloud-address").persist
    assert '--comment "a; rm $$HOME 100%%" -j DROP' in file.content
    assert "/bin/sh" not in file.content


UNIT = "/etc/systemd/system/hairpin-loopback.service"
PUBLIC, PRIVATE, OTHER = 0xCB00710B, 0xC633640B, 0xCB00710C
CHAIN = "-A HAIRPIN-LOOPBACK -d 203.0.113.11/32 -p tcp -m tcp --dport"
EIGHT_ONE, EIGHT_TWO = (f"{CHAIN} {port} -j DNAT --to-destination 198.51.100.11:{port}" for port in (8151, 8152))


def change(net: Network, port: int, public: int = PUBLIC) -> Change:
    return rendered(LoopBack(HOST_NETNS, 4, public, PRIVATE, 6, port), net)


def remedy_loopback(net: Network, port: int, public: int = PUBLIC) -> Remedy:
    candidate = Candidate(NOTHING, NOTHING, change(net, port, public), OfFile(""), "gateway-without-hairpin")
    (only,) = remedies("nat-loopback-on-cloud-address", candidate, net)
    return only


def repaired(net: Network, told: Remedy) -> Network:
    """Return the host after the repair, with the files that keep it."""
    net = simulate(told.change, net)
    files = tuple(ConfigFile(each.file, each.content) for each in told.persist)
    lines = tuple(ScriptLine(each.file, 1, "", each.file.rpartition("/")[2]) for each in told.persist)
    kept = tuple(each for each in net.this.files if each.path not in {one.path for one in files})
    return net.with_host(msgspec.structs.replace(net.this, files=(*kept, *files), boot_lines=lines))


def made(told: Remedy) -> list[str]:
    """Return what the unit makes, in the words of iptables-save; all that may fail is tried before."""
    (file,) = (each for each in told.persist if each.file == UNIT)
    lines = (line.partition(" iptables -w -t nat ")[2] for line in file.content.splitlines())
    return [line for line in lines if line and not line.startswith("-D ")]


def test_the_first_port_makes_the_chain_and_what_leads_there() -> None:
    told = remedy_loopback(network(), 8151)
    assert made(told) == [
        "-N HAIRPIN-LOOPBACK", EIGHT_ONE,
        "-I PREROUTING 1 -d 203.0.113.11/32 -j HAIRPIN-LOOPBACK", "-I OUTPUT 1 -d 203.0.113.11/32 -j HAIRPIN-LOOPBACK",
    ]  # fmt: skip
    assert told.persist_commands == ("systemctl enable hairpin-loopback.service",)


def test_another_port_extends_both_and_enables_nothing() -> None:
    first = remedy_loopback(network(), 8151)
    net = repaired(network(), first)
    told = remedy_loopback(net, 8152)
    assert [type(each) for each in told.change.parts] == [InsertRule]
    assert made(told)[:3] == ["-N HAIRPIN-LOOPBACK", EIGHT_ONE, EIGHT_TWO]
    assert len(made(told)) == len(made(first)) + 1
    (file,) = told.persist
    assert file.before == first.persist[0].content
    assert told.persist_commands == ()


def test_another_address_gets_jumps_of_its_own() -> None:
    net = repaired(network(), remedy_loopback(network(), 8151))
    told = remedy_loopback(net, 8151, OTHER)
    assert [each.chain for each in told.change.parts if isinstance(each, InsertRule)] == [
        "HAIRPIN-LOOPBACK", "OUTPUT", "PREROUTING"
    ]  # fmt: skip
    assert sum(line.startswith("-I OUTPUT") for line in made(told)) == 2


@pytest.mark.parametrize("leads", ("OUTPUT", "PREROUTING"))
def test_a_jump_that_is_lost_is_made_again(leads: str) -> None:
    parts = change(network(), 8151).parts
    kept = tuple(each for each in parts if not (isinstance(each, InsertRule) and each.chain == leads))
    net = simulate(Change(kept), network())
    assert leads in [each.chain for each in change(net, 8151).parts if isinstance(each, InsertRule)]


def test_saved_rules_hold_the_chain_where_they_are_loaded_at_boot() -> None:
    net = network(
        ("/etc/iptables/rules.v4", "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"),
        units=(Unit("netfilter-persistent.service", "active", "enabled"),),
    )
    told = remedy_loopback(net, 8151)
    (file,) = told.persist
    assert file.file == "/etc/iptables/rules.v4"
    assert ":HAIRPIN-LOOPBACK - [0:0]" in file.content.splitlines()
    then = remedy_loopback(repaired(net, told), 8152).persist[0].content.splitlines()
    assert then.count(":HAIRPIN-LOOPBACK - [0:0]") == 1
    assert {f"{CHAIN} {port} -j DNAT --to-destination 198.51.100.11:{port}".replace("/32", "").replace(" -m tcp", "")
            for port in (8151, 8152)} <= {each.replace("/32", "").replace(" -m tcp", "") for each in then}  # fmt: skip
    assert sum(each.startswith("-A OUTPUT") for each in then) == 1


def test_other_rules_are_none_of_it() -> None:
    assert all(is_of_loopback(each) for each in change(network(), 8151).parts if isinstance(each, InsertRule))
    assert not is_of_loopback(insertion("OUTPUT", "-d 203.0.113.11/32 -j ACCEPT", table="nat"))
