"""The effect of ufw's own commands on the kernel's rules, and on the files from which ufw restores these rules.

Source: ufw's ufw/backend_iptables.py set_rule(): ufw-user-input, -output and -forward; the same for ufw6-
"""

from typing import Literal

from hairpin.change.calls import AllowInUfw
from hairpin.change.change import InsertRule, WriteFile
from hairpin.host.boot.saved_rules import with_rule
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.netfilter.address import parse_address
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Expression, Field, FieldMatch, NameMatch, Rule, Ruleset, Verdict
from hairpin.netfilter.packet import TCP, UDP

_FAMILIES: tuple[tuple[Literal["ip", "ip6"], str], ...] = (("ip", "ufw"), ("ip6", "ufw6"))

_FILES = {"ip": ("/etc/ufw/user.rules", "/lib/ufw/user.rules"), "ip6": ("/etc/ufw/user6.rules", "/lib/ufw/user6.rules")}


def ufw_allow_rules(call: AllowInUfw, netns: Netns, ruleset: Ruleset) -> tuple[InsertRule, ...]:
    """Return the rules that the command adds, in each family (IPv4, IPv6) for which ufw has its chains in the
    ruleset."""
    hook = "forward" if call.routed else "output" if call.oif else "input"
    body = _body(call)
    found: list[InsertRule] = []
    for table in ruleset.tables:
        for family, prefix in _FAMILIES:
            chain = f"{prefix}-user-{hook}"
            of_iptables = table.dialect in ("iptables-nft", "iptables-legacy") and table.name == "filter"
            named = call.source or call.destination
            is_meant = not named or family == ("ip6" if ":" in named else "ip")
            if of_iptables and is_meant and table.family == family and table.chain(chain) is not None:
                rule = Rule(body, spelled(body, chain, family), 1)
                position = 1 if call.first else None
                found.append(InsertRule(netns, table.dialect, family, "filter", chain, rule, position))
    return tuple(found)


def ufw_files(call: AllowInUfw, host: Host) -> tuple[WriteFile, ...] | None:
    """Return ufw's files after the command; None if the files were not read, or if ufw's chains are missing.

    Source: ufw/backend_iptables.py _write_rules(): one file for each family, with one rule behind the other"""
    made = ufw_allow_rules(call, host.netns, host.namespace(host.netns.name).ruleset)
    found: dict[str, WriteFile] = {}
    for rule in made:
        file = next((each for each in host.files if each.path in _FILES[rule.family]), None)
        if file is None or call.deleted:
            return None
        text = with_rule(file.text, "filter", rule.chain, rule.rule.text) if call.first else _at_end(file.text, rule)
        found[file.path] = WriteFile(host.name, file.path, text)
    return tuple(found.values()) or None


def _at_end(text: str, rule: InsertRule) -> str:
    before, end, behind = text.rpartition("COMMIT")
    return f"{before}{rule.rule.text}\n{end}{behind}"


def _body(call: AllowInUfw) -> tuple[Expression, ...]:
    number = TCP if call.protocol == "tcp" else UDP
    return (
        *_of_address(call.source, "saddr4", "saddr6"),
        *_of_address(call.destination, "daddr4", "daddr6"),
        *((NameMatch("iif", (call.iif,)),) if call.iif else ()),
        *((NameMatch("oif", (call.oif,)),) if call.oif else ()),
        *(
            (FieldMatch("protocol", ((number, number),)), FieldMatch("dport", ((call.port, call.port),)))
            if call.port
            else ()
        ),
        Verdict("accept"),
    )


def _of_address(text: str, of4: Field, of6: Field) -> tuple[FieldMatch, ...]:
    if not text:
        return ()
    version, value = parse_address(text)
    return (FieldMatch(of4 if version == 4 else of6, ((value, value),)),)
