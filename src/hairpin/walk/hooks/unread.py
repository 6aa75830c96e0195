"""Conditions of a walk through a namespace whose rules were not all read."""

from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.ir import Chain, Table
from hairpin.network.network import Network
from hairpin.network.prefix import Version


def unread_rules(network: Network, netns: Netns, version: Version) -> Condition | None:
    """Return the condition that the rules which were not read let the packet pass, or None if all were read."""
    family = "4" if version == 4 else "6"
    unread = network.namespace(netns).unread
    keys = (f"iptables-nft-save{family}", f"iptables-legacy-save{family}", "nft-tables", "nft-table")
    if not any(key in unread for key in keys):
        return None
    said = message(
        "the firewall rules of {netns}, which could not be read, let it pass", netns=network.netns_text(netns)
    )
    return Condition(said, holds=True)


def binding_condition(table: Table, chain: Chain, link: str) -> Condition:
    """Return the condition that a chain with unread devices is bound to this link."""
    said = message(
        "chain {chain} of table {family} {table} is bound to {link}",
        chain=chain.name,
        family=table.family,
        table=table.name,
        link=link,
    )
    return Condition(said, holds=True)
