"""What the causes to come ask of an event and of the cause of its time."""

from collections.abc import Iterator

from hairpin.causes.cause import Coming
from hairpin.causes.order import PUTTING_BACK
from hairpin.causes.where import OfRule, OfSysctl
from hairpin.engines.owned import engine_rules
from hairpin.host.boot.rule_keeper import rule_keeper, unit
from hairpin.host.boot.sysctl_files import Setting, settings
from hairpin.host.host import Host
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.meaning import meaning
from hairpin.walk.deciders import deciders
from hairpin.walk.state import RuleDecided

OF_FIREWALLD = ("firewalld-start", "firewalld-restart", "firewalld-reload")
OF_NFTABLES = ("nftables-restart", "nftables-reload")
_MANAGERS = ("firewalld", "ufw", "netfilter-persistent", "iptables", "ip6tables", "nftables")


def loses_engine_rules(coming: Coming) -> bool:
    """Return whether the event leaves an engine without rules that it made."""
    return coming.candidate.in_class in PUTTING_BACK


def setting_of(coming: Coming) -> Setting | None:
    """Return the line that has the last word on the sysctl that stops the packet, and says what stops it."""
    where = coming.candidate.where
    if not isinstance(where, OfSysctl):
        return None
    said = settings(where.sysctl, coming.host.files)
    return said[-1] if said and said[-1].value == where.value else None


def stopping_rule(coming: Coming) -> Place | None:
    """Return the rule, or the policy, that stops the packet."""
    where, decided = coming.candidate.where, coming.stop.decided_by
    if isinstance(where, OfRule):
        return where.place
    return decided.place if isinstance(decided, RuleDecided) else None


def lost_rules(coming: Coming) -> Iterator[Place]:
    """Yield the rules on the packet's way now that are not there after the event, and that no engine makes."""
    own = engine_rules(coming.host)
    was, then = (each.namespace(coming.host.netns.name).ruleset for each in (coming.host, coming.host_then))
    for each in deciders(coming.was, coming.flow).rules:
        place = each.place
        rule = rule_at(was, place)
        if each.netns != coming.host.netns or rule is None or (*_names(place), meaning(rule)) in own:
            continue
        table = then.table(place.family, place.table, place.dialect)
        chain = table.chain(place.chain) if table is not None else None
        if chain is None or all(meaning(one) != meaning(rule) for one in chain.rules):
            yield place


def _names(place: Place) -> tuple[str, str, str]:
    return place.family, place.table, place.chain


def managers(host: Host) -> tuple[str, ...]:
    """Return the programs that load rules of their own at a boot, or have loaded them."""
    found = [name for name in _MANAGERS if (one := unit(host, name)) is not None and one.enabled.startswith("enabled")]
    keeper = rule_keeper(host)
    if keeper in _MANAGERS and keeper not in found:
        found.append(keeper)
    return tuple(found)
