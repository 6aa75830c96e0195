"""Which lines of scripts empty a chain in which the engine has lost rules."""

import msgspec
import pytest

from hairpin.causes.engine_rules._lost_rules import deletes
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import ConfigFile, ScriptLine
from hairpin.netfilter import ir
from hairpin.report.words import Words
from tests.rule_text import without
from tests.small_host import host_namespace, network, published

# the line, whether it empties FORWARD of IPv4's filter, or the table
LINES: dict[str, tuple[str, bool]] = {
    "one chain": ("iptables -F FORWARD", True),
    "with its path, in cron's words": ("*/5 * * * * root /sbin/iptables -w -F FORWARD >/dev/null 2>&1", True),
    "the table": ("iptables -F", True),
    "the table, and more": ("iptables -F; iptables -X", True),
    "the table by name": ("iptables -t filter --flush", True),
    "another chain": ("iptables -F INPUT", False),
    "another table": ("iptables -t nat -F", False),
    "another family": ("ip6tables -F FORWARD", False),
    "a chain's own rule": ("iptables -A FORWARD -m comment --comment 'F FORWARD' -j ACCEPT", False),
    "a restore": ("iptables-restore < /etc/fw.rules", True),
    "a restore that keeps": ("iptables-restore --noflush < /etc/fw.rules", False),
    "nft, all": ("nft flush ruleset", True),
    "nft, all of IPv6": ("nft flush ruleset ip6", False),
    "nft, a table": ("/usr/sbin/nft delete table ip filter", True),
    "nft, another table": ("nft flush table inet filter", False),
    "nft, a chain": ("nft 'flush' chain ip filter FORWARD", True),
    "nft, a listing": ("nft list ruleset", False),
    "a quotation that goes on": ("iptables -F FORWARD 'x", True),
    "a comment": ("true # iptables", False),
}


@pytest.mark.parametrize(("text", "expected"), LINES.values(), ids=LINES)
def test_a_line_that_empties_the_chain(text: str, expected: bool) -> None:
    assert deletes(text, "ip", "filter", frozenset({"FORWARD"})) is expected


@pytest.mark.parametrize(("text", "is_named"), (("iptables -F FORWARD", True), ("iptables -F INPUT", False)))
def test_the_script_is_named_where_rules_are_lost(text: str, *, is_named: bool) -> None:
    lost = network(host_namespace(without("-o docker0 -j DOCKER")))
    lines = (ScriptLine("/opt/fw.sh", 3, text),)
    (suspect,) = diagnose(lost.with_host(msgspec.structs.replace(lost.this, boot_lines=lines)), published()).causes
    (told,) = (Words("en")(each) for each in suspect.candidate.side_effects)
    assert ("/opt/fw.sh:3: `iptables -F FORWARD`" in told) is is_named
    assert ("find out what removed them" in told) is not is_named


SCRIPT = "flush ruleset\n\ntable inet own {\n chain input {\n }\n}\n"
OWN_TABLE = ir.Table("inet", "own", "nft", ())


@pytest.mark.parametrize(("text", "tables", "is_named"), (
    (SCRIPT, (OWN_TABLE,), True),
    (SCRIPT, (), False),  # the file was not loaded
    (SCRIPT.replace("flush ruleset", "flush table ip nat"), (OWN_TABLE,), False),
    ("flush ruleset\n", (OWN_TABLE,), False),
))  # fmt: skip
def test_the_file_of_nftables_is_named_where_its_tables_are_loaded(
    text: str, tables: tuple[ir.Table, ...], *, is_named: bool
) -> None:
    host = host_namespace(without("-o docker0 -j DOCKER"))
    rules = msgspec.structs.replace(host.ruleset, tables=(*host.ruleset.tables, *tables))
    lost = network(msgspec.structs.replace(host, ruleset=rules))
    files = (ConfigFile("/etc/nftables.conf", text),)
    (suspect,) = diagnose(lost.with_host(msgspec.structs.replace(lost.this, files=files)), published()).causes
    (told,) = (Words("en")(each) for each in suspect.candidate.side_effects)
    assert ("/etc/nftables.conf:1: `flush ruleset`" in told) is is_named
