"""What the shown rules of FORWARD do with packets that the host forwards for others: guests of a hypervisor, clients of
a VPN, other machines of the LAN.  No container's flow meets these packets, so no walk of the supposed host shows this.

Source: moby libnetwork/drivers/bridge (the policy DROP of FORWARD, since Docker 1.13; of IPv6, since 27)
"""

from collections.abc import Iterator

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts, ToldTable
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.ir import Chain, Jump, NameMatch, Rule, Table, Verdict
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_facts import fields_of
from hairpin.words.pattern import sought

_OTHERS = sought(
    r"\b(?:rout(?:er|ing|ed|es)|forwards?|forwarded|forwarding|other (?:devices?|machines?|hosts?|computers?)|lan"
    r"|subnets?|clients?|guests?|vms?|virtual machines?|incus\w*|lx[cd]\w*|libvirt|virbr\d|vpn|wg\d|wireguard"
    r"|tailscale|thread|border router)\b|虚拟机|路由|转发|局域网"
)
_IPV6 = sought(r"\bipv6\b|\bip6tables\b|\bICMPv6\b")
_OF_ENGINE = Sought(r"DOCKER(?:-.*)?|CNI-.*|NETAVARK.*|KUBE-.*|FLANNEL-.*|CILIUM.*")
_TO_TELL = ("iif", "oif", "saddr4", "daddr4", "saddr6", "daddr6", "ct-state", "mark", "dport")
_WEIGHT = 27


def dropped_for_others(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that FORWARD drops what none of its rules accepts, and that only the engine has rules there, if
    the text is about packets of others.  A rule that leads into another program's chain may accept them."""
    if _OTHERS.search(prose.text) is None:
        return
    for table in host.namespace(HOST).ruleset.tables:
        chain = next((each for each in table.chains if each.hook == "forward" and each.policy == "drop"), None)
        if chain is None or not _is_told(table, told) or _may_accept_others(chain):
            continue
        if table.family == "ip6" and _IPV6.search(prose.text) is None:
            continue
        means = message(
            "The policy of {chain} in table {table} of {family} is drop, and only rules of the engine accept packets "
            "there: what the host forwards for others is dropped",
            chain=chain.name, table=table.name, family=table.family,
        )  # fmt: skip
        yield Hinted("forward-policy-drop", _WEIGHT, means)
        return


def _is_told(table: Table, told: ToldParts) -> bool:
    if table.dialect.startswith("iptables"):
        is_listed = table.family in ("ip", "ip6") and ToldTable(table.family, table.name) in told.tables
        return is_listed and (HOST, table.family) not in told.doubtful
    return told.natives and (HOST, "natives") not in told.doubtful


def _may_accept_others(chain: Chain) -> bool:
    """Return whether a rule of the chain may accept packets that have nothing to do with an engine: it accepts without
    a condition on links, addresses or the connection, or it leads into another program's chain."""
    return any(_is_of_others(rule) for rule in chain.rules)


def _is_of_others(rule: Rule) -> bool:
    jumps = [each.chain for each in rule.body if isinstance(each, Jump)]
    if jumps:
        return any(_OF_ENGINE.fullmatch(each) is None for each in jumps)
    has_names = any(isinstance(each, NameMatch) for each in rule.body)
    return Verdict("accept") in rule.body and not has_names and fields_of(rule).keys().isdisjoint(_TO_TELL)
