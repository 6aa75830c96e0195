"""One table while a script is carried out on it."""

import msgspec
import pytest

from hairpin.errors import MalformedError
from hairpin.netfilter.ir import Table
from hairpin.netfilter.nft.script.commands import commands
from hairpin.netfilter.nft.script.live_table import LiveTable, LoadingHost
from tests.rows import each_row

HOST = LoadingHost(frozenset({"lo", "eth0"}))


def carried_out(text: str) -> Table:
    table = LiveTable(Table("ip", "t", "nft", ()))
    table.touched = True
    for each in commands(text, source="here"):
        if each.kind == "chain":
            table.carry_out_chain(each, HOST)
        elif each.kind == "rule":
            table.carry_out_rule(each, HOST)
        elif each.kind == "element":
            table.carry_out_elements(each)
        else:
            table.carry_out_declaration(each, HOST)
    return table.table(HOST, "here")


def texts(text: str, chain: str = "c") -> list[str]:
    found = carried_out(text).chain(chain)
    assert found is not None
    return [each.text for each in found.rules]


def test_rules_have_places() -> None:
    head = "add chain ip t c\nadd rule ip t c accept\n"
    assert texts(f"{head}insert rule ip t c drop") == ["drop", "accept"]
    assert texts(f"{head}add rule ip t c drop\nadd rule ip t c index 0 return") == ["accept", "return", "drop"]
    assert texts(f"{head}replace rule ip t c index 0 drop") == ["drop"]
    assert texts(f"{head}flush chain ip t c") == []


def test_a_chain_that_is_there_keeps_its_hook_and_gets_the_policy() -> None:
    base = "type filter hook input priority 0;"
    text = f"add chain ip t c {{ {base} }}\nadd chain ip t c {{ {base} policy drop; }}\n"
    found = carried_out(text).chain("c")
    assert found is not None
    assert (found.policy, found.hook) == ("drop", "input")


def test_elements() -> None:
    head = "add set ip t s { type inet_service; }\nadd element ip t s { 22, http }\n"
    assert [each.key for each in carried_out(f"{head}delete element ip t s {{ 80 }}").sets[0].elements] == [
        each.key for each in carried_out("add set ip t s { type inet_service; elements = { ssh } }").sets[0].elements
    ]
    assert len(carried_out(f"{head}add element ip t s {{ 22, 23 }}").sets[0].elements) == 3
    assert carried_out(f"{head}flush set ip t s").sets[0].elements == ()


REFUSED: dict[str, str] = {
    "no chain": "add rule ip t none accept",
    "no target": "add chain ip t c\nadd rule ip t c jump none",
    "no set": "add chain ip t c\nadd rule ip t c ip saddr @none",
    "no link": "add chain ip t c\nadd rule ip t c iif eth9 accept",
    "no counter": 'add chain ip t c\nadd rule ip t c counter name "none"',
    "a chain that a rule leads to": "add chain ip t c\nadd chain ip t d\nadd rule ip t c jump d\ndelete chain ip t d",
    "another hook": "add chain ip t c { type filter hook input priority 0; }\n"
    "add chain ip t c { type filter hook output priority 0; }",
    "created twice": "create chain ip t c\ncreate chain ip t c",
    "no element": "add set ip t s { type inet_service; }\ndelete element ip t s { 22 }",
    "a policy without a hook": "add chain ip t c { policy drop; }",
    "no such place": "add chain ip t c\nadd rule ip t c index 4 accept",
}


@each_row("text", REFUSED.values(), ids=REFUSED)
def test_what_the_kernel_refuses(text: str) -> None:
    with pytest.raises(MalformedError):
        carried_out(text)


def test_since_linux_6_16_a_chain_waits_for_its_link() -> None:
    (command,) = commands("add chain netdev t c { type filter hook ingress device wg9 priority 0; }", source="here")
    table = LiveTable(Table("netdev", "t", "nft", ()))
    with pytest.raises(MalformedError):
        table.carry_out_chain(command, HOST)
    table.carry_out_chain(command, msgspec.structs.replace(HOST, late_devices=True))
    assert "c" in table.chains


def test_a_name_of_a_link_needs_not_be_there() -> None:
    assert texts('add chain ip t c\nadd rule ip t c iifname "eth9" accept') == ['iifname "eth9" accept']
