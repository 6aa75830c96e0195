"""What the causes to come ask of an event and of the cause of its time."""

from hairpin.causes.cause import Coming
from hairpin.causes.order import PUTTING_BACK
from hairpin.causes.where import OfRule, OfSysctl
from hairpin.host.boot.rule_keeper import rule_keeper, unit
from hairpin.host.boot.sysctl_files import Setting, last_word
from hairpin.host.host import Host
from hairpin.netfilter.evaluate.chain import Place
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
    said = last_word(where.sysctl, coming.host.files)
    return said if said is not None and said.value == where.value else None


def stopping_rule(coming: Coming) -> Place | None:
    """Return the rule, or the policy, that stops the packet."""
    where, decided = coming.candidate.where, coming.stop.decided_by
    if isinstance(where, OfRule):
        return where.place
    return decided.place if isinstance(decided, RuleDecided) else None


def managers(host: Host) -> tuple[str, ...]:
    """Return the programs that load rules of their own at a boot, or have loaded them."""
    found = [name for name in _MANAGERS if (one := unit(host, name)) is not None and one.enabled.startswith("enabled")]
    keeper = rule_keeper(host)
    if keeper in _MANAGERS and keeper not in found:
        found.append(keeper)
    return tuple(found)
