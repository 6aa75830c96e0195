"""Hosts for remedies: a real host's network with the configuration files, units and managers that a test needs."""

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfFile
from hairpin.change.calls import Call
from hairpin.change.change import Change, DeleteRule, InsertRule, Primitive, SetSysctl
from hairpin.change.steps import steps
from hairpin.engines.missing import missing
from hairpin.host.boot.saved_rules import rule_of
from hairpin.host.managers import ConfigFile, Firewalld, Ufw, Unit
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, Rule
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy, Situation
from tests.report.answers import network as fixture

NOTHING = message("nothing")
HOST_NETNS = fixture().this.netns
"""The host's own namespace."""


def network(*files: tuple[str, str], units: tuple[Unit, ...] = (), managed_by: str = "") -> Network:
    """Return the host with these files; ``managed_by``: firewalld or ufw."""
    whole = fixture()
    host = msgspec.structs.replace(
        whole.this,
        files=tuple(ConfigFile(path, text) for path, text in files),
        units=units,
        firewalld=Firewalld(running=True) if managed_by == "firewalld" else None,
        ufw=Ufw(enabled=True) if managed_by == "ufw" else None,
    )
    return whole.with_host(host)


def situation(found: Network, *parts: Primitive, calls: tuple[Call, ...] = (), cause: str = "some-cause") -> Situation:
    change = Change(parts, calls)
    candidate = Candidate(NOTHING, NOTHING, change, OfFile(""), "link-or-route")
    lost = tuple(missing(engine, found.namespace(HOST_NETNS)) for engine in found.this.engines)
    return Situation(found, cause, candidate, steps(change, found), lost)


def remedy(found: Network, *parts: Primitive, calls: tuple[Call, ...] = (), cause: str = "some-cause") -> Remedy:
    """Return the one remedy of a change."""
    (only,) = remedies(cause, Candidate(NOTHING, NOTHING, Change(parts, calls), OfFile(""), "link-or-route"), found)
    return only


def said(told: Remedy) -> str:
    """Return all advice in one text."""
    return "\n".join(str(each) for each in told.advice)


def sysctl(dotted: str, value: str = "1", netns: Netns = HOST_NETNS) -> SetSysctl:
    return SetSysctl(netns, tuple(dotted.split(".")), value)


def deletion(
    chain: str, words: str, *, table: str = "filter", family: Family = "ip", dialect: Dialect = "iptables-nft"
) -> DeleteRule:
    text = f"-A {chain} {words}" if dialect != "nft" else words
    return DeleteRule(HOST_NETNS, Place(dialect, family, table, chain, 1, text, handle=7))


def insertion(chain: str, words: str, *, table: str = "filter", position: int | None = 1) -> InsertRule:
    rule = rule_of("ip", table, chain, words)
    assert rule is not None
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", table, chain, rule, position)


def nft_insertion(text: str, table: str = "mine", chain: str = "forward") -> InsertRule:
    return InsertRule(HOST_NETNS, "nft", "inet", table, chain, Rule((), text, 1), 1)
