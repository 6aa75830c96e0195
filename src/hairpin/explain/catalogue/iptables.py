"""Texts of iptables, ip6tables, nft and modprobe, whichever program calls them."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

IPTABLES = (
    TextMeaning(
        id="iptables-no-chain", program="iptables", general=True,
        patterns=("No chain/target/match by that name",),
        meaning=message(
            "The rule names a chain, a target or a match that the kernel does not have. The chain was flushed, or the "
            "module of the target or match is missing."
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
            "A rule jumps to a chain that was not there: somebody had flushed it after its owner had made it. `hairpin "
            "restore` shows which chains and rules of an engine are missing now."
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
            "iptables could not delete a rule: the rule was not there, or another program had changed the rules in "
            "between. Old rules that nothing needs any more may be left over."
        ),
        causes=("iptables-check-bug", "stale-accept-for-dead-container", "dnat-rule-stale-address"),
    ),
    TextMeaning(
        id="iptables-chain-busy", program="iptables", kind="routine",
        patterns=("CHAIN_DEL failed (Device or resource busy)", "CHAIN_USER_DEL failed (Device or resource busy)"),
        meaning=message(
            "A program wanted to delete a chain to which other rules still jump, and the kernel kept it. dockerd does "
            "so at each start beside firewalld, and makes its rules all the same."
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
            "Somebody changed this table with `nft`, into a form that iptables cannot show or change, so the engine's "
            "next rule fails. `nft list table ip TABLE` shows what was added; it belongs into a table of its own."
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
            "The saved rules were not loaded, because the kernel or iptables refuses the line of that number. Of that "
            "table, no line was loaded."
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
            "The rule names a table, a chain or a set that is not there: the file that made it was not loaded, or a "
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
            "The kernel refused the rule or the chain: a module of nf_tables is missing, or something else still used "
            "what was to be deleted."
        ),
        causes=("kernel-module-missing", "kernel-match-missing"),
    ),
    TextMeaning(
        id="nft-cache-failed", program="nft",
        patterns=(
            "cache initialization failed: {not_allowed}", "Could not process rule: {not_allowed}",
            "netlink: Error: cache initialization failed",
        ),
        meaning=message(
            "nft was called without root's rights (CAP_NET_ADMIN), so nothing was read or written. The message says "
            "nothing about the rules."
        ),
    ),
)  # fmt: skip
