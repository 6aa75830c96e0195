"""Texts of iptables, ip6tables, nft and modprobe, whichever program calls them."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

IPTABLES = (
    TextMeaning(
        id="iptables-no-chain", program="iptables", general=True,
        patterns=("No chain/target/match by that name",),
        meaning=message(
            "The rule names a chain, a target or a match that the kernel does not have. Somebody flushed the chain, or "
            "the module of the target or match is missing."
        ),
        causes=(
            "docker-nat-chain-missing", "docker-filter-chain-missing", "firewalld-restart-wipes-docker",
            "iptables-service-restart-wipes", "firewall-manager-flushed-rules", "kernel-match-missing",
            "iptables-check-bug",
        ),
    ),
    TextMeaning(
        id="iptables-target-docker", program="iptables", general=True,
        patterns=(
            "Couldn't load target `{chain}':{no_file}", "Couldn't load target `{chain}': {no_file}",
            "Chain '{chain}' does not exist",
        ),
        meaning=message(
            "A rule was to jump to a chain that does not exist: somebody deleted the chain. `hairpin restore` shows "
            "which chains and rules of an engine are missing now."
        ),
        causes=(
            "docker-nat-chain-missing", "docker-filter-chain-missing", "firewalld-restart-wipes-docker",
            "podman-rules-missing", "firewall-manager-flushed-rules", "iptables-check-bug", "kernel-match-missing",
        ),
    ),
    TextMeaning(
        id="nft-rule-delete-failed", program="iptables",
        patterns=(
            "RULE_DELETE failed (Invalid argument)", "RULE_DELETE failed (No such file or directory)",
            "CHAIN_ZAP failed",
        ),
        meaning=message(
            "iptables could not delete a rule: the rule did not exist, or another program had changed the rules in "
            "between. Old, unneeded rules may be left over."
        ),
        causes=("iptables-check-bug", "stale-accept-for-dead-container", "dnat-rule-stale-address"),
    ),
    TextMeaning(
        id="iptables-chain-busy", program="iptables", kind="routine",
        patterns=("CHAIN_DEL failed (Device or resource busy)", "CHAIN_USER_DEL failed (Device or resource busy)"),
        meaning=message(
            "A program tried to delete a chain while other rules still jump to it, so the kernel kept the chain. "
            "dockerd does this at each start beside firewalld; dockerd's rules are made nevertheless."
        ),
        causes=(
            "docker-nat-chain-missing", "docker-filter-chain-missing", "filter-forward-jump-missing",
            "dnat-rule-missing", "masquerade-missing",
        ),
    ),
    TextMeaning(
        id="nft-incompatible-table", program="iptables",
        patterns=("table `{table}' is incompatible, use 'nft' tool",),
        meaning=message(
            "Somebody used `nft` to change this table into a form that iptables cannot show or change, so the engine's "
            "next rule fails. `nft list table ip TABLE` shows what was added. Move the added rules into a table of "
            "their own."
        ),
        causes=("iptables-nft-incompatible-table",),
    ),
    TextMeaning(
        id="iptables-legacy-present", program="iptables", kind="routine",
        patterns=(
            "iptables-legacy tables present, use iptables-legacy to see them",
            "iptables-legacy tables present, use iptables-legacy-save to see them", "ip6tables-legacy tables present",
        ),
        meaning=message(
            "Rules of both back ends, iptables-legacy and iptables-nft, are loaded, and a packet has to pass both. A "
            "rule that you do not see here may drop it: look with `iptables-legacy-save` too."
        ),
        causes=("two-iptables-backends-in-use",), shown_by=("two-iptables-backends-in-use",),
    ),
    TextMeaning(
        id="iptables-restore-failed", program="iptables",
        patterns=(
            "iptables-restore: line {number} failed", "ip6tables-restore: line {number} failed",
            "iptables-restore * line {number} failed", "Error occurred at line: {number}",
            "iptables-restore: unable to initialize table '{table}'",
        ),
        meaning=message(
            "The saved rules were not loaded, because the kernel or iptables refuses the line with this number. No "
            "line of the same table was loaded."
        ),
        causes=("kernel-match-missing", "saved-rules-contain-engine-rules", "kernel-module-missing"),
    ),
    TextMeaning(
        id="iptables-loop", program="iptables",
        patterns=(
            "iptables: Too many levels of symbolic links", "tables * (legacy): Too many levels of symbolic links",
        ),
        meaning=message("A rule was refused because its jumps would lead in a circle. Nothing was changed."),
    ),
    TextMeaning(
        id="nft-could-not-process", program="nft",
        patterns=("Could not process rule: {no_file}",),
        meaning=message(
            "The rule names a table, a chain or a set that does not exist: the file that makes it was not loaded, or a "
            "`flush ruleset` has removed it."
        ),
        causes=("nft-conf-flush-ruleset", "firewall-manager-flushed-rules", "kernel-module-missing"),
    ),
    TextMeaning(
        id="nft-not-supported", program="nft",
        patterns=(
            "Could not process rule: Operation not supported", "Could not process rule: Invalid argument",
            "mnl.c:*: Unable to initialize Netlink socket: Protocol not supported",
            "Unable to initialize Netlink socket: Protocol not supported",
            "Could not process rule: Device or resource busy",
        ),
        meaning=message(
            "The kernel refused the rule or the chain: a module of nf_tables is missing, or the object that should be "
            "deleted was still in use."
        ),
        causes=("kernel-module-missing", "kernel-match-missing"),
    ),
    TextMeaning(
        id="nft-cache-failed", program="nft",
        patterns=(
            "cache initialization failed: {not_allowed}", "netlink: Error: cache initialization failed",
        ),
        meaning=message(
            "nft was called without root's rights (CAP_NET_ADMIN), so it could neither read nor write rules. The "
            "message says nothing about the rules."
        ),
    ),
    TextMeaning(
        id="nft-not-permitted", program="nft",
        patterns=("Could not process rule: {not_allowed}",),
        meaning=message(
            "The kernel refused the change, and nothing was changed. Either nft was called without root's rights "
            "(CAP_NET_ADMIN), or the table has nft's flag `owner`: only the process that made the table may change "
            "it, as firewalld's table since version 2.2. Change such a table with its owner's command (`firewall-cmd`)."
        ),
    ),
)  # fmt: skip
