"""Texts of iptables and nft, of firewalld and ufw, and of the log lines that their rules write."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

IPTABLES = (
    TextMeaning(id="iptables-no-chain", program="iptables", general=True,
        patterns=("No chain/target/match by that name",),
        meaning=message("The rule names a chain, a target or a match that the kernel does not have. Somebody flushed "
            "the chain, or the module of the target or match is missing."), causes=("docker-nat-chain-missing",
            "docker-filter-chain-missing", "firewalld-restart-wipes-docker", "iptables-service-restart-wipes",
            "firewall-manager-flushed-rules", "kernel-match-missing", "iptables-check-bug")),
    TextMeaning(id="iptables-target-docker", program="iptables", general=True,
        patterns=("Couldn't load target `{chain}':{no_file}", "Couldn't load target `{chain}': {no_file}",
            "Chain '{chain}' does not exist"),
        meaning=message("A rule was to jump to a chain that does not exist: somebody deleted the chain. `hairpin "
            "restore` shows which chains and rules of an engine are missing now."), causes=("docker-nat-chain-missing",
            "docker-filter-chain-missing", "firewalld-restart-wipes-docker", "podman-rules-missing",
            "firewall-manager-flushed-rules", "iptables-check-bug", "kernel-match-missing")),
    TextMeaning(id="nft-rule-delete-failed", program="iptables",
        patterns=("RULE_DELETE failed (Invalid argument)", "RULE_DELETE failed (No such file or directory)",
            "CHAIN_ZAP failed"),
        meaning=message("iptables could not delete a rule: the rule did not exist, or another program had changed the "
            "rules in between. Old, unneeded rules may be left over."), causes=("iptables-check-bug",
            "stale-accept-for-dead-container", "dnat-rule-stale-address")),
    TextMeaning(id="iptables-chain-busy", program="iptables", kind="routine",
        patterns=("CHAIN_DEL failed (Device or resource busy)", "CHAIN_USER_DEL failed (Device or resource busy)"),
        meaning=message("A program tried to delete a chain while other rules still jump to it, so the kernel kept the "
            "chain. dockerd does this at each start beside firewalld; dockerd's rules are made nevertheless."),
        causes=("docker-nat-chain-missing", "docker-filter-chain-missing", "filter-forward-jump-missing",
        "dnat-rule-missing", "masquerade-missing")),
    TextMeaning(id="nft-incompatible-table", program="iptables",
        patterns=("table `{table}' is incompatible, use 'nft' tool",),
        meaning=message("Somebody used `nft` to change this table into a form that iptables cannot show or change, so "
            "the engine's next rule fails. `nft list table ip TABLE` shows what was added. Move the added rules into a "
            "table of their own."), causes=("iptables-nft-incompatible-table",)),
    TextMeaning(id="iptables-legacy-present", program="iptables", kind="routine",
        patterns=("iptables-legacy tables present, use iptables-legacy to see them",
            "iptables-legacy tables present, use iptables-legacy-save to see them", "ip6tables-legacy tables present"),
        meaning=message("Rules of both back ends, iptables-legacy and iptables-nft, are loaded, and a packet has to "
            "pass both. A rule that you do not see here may drop it: look with `iptables-legacy-save` too."),
        causes=("two-iptables-backends-in-use",), shown_by=("two-iptables-backends-in-use",)),
    TextMeaning(id="iptables-restore-failed", program="iptables",
        patterns=("iptables-restore: line {number} failed", "ip6tables-restore: line {number} failed",
            "iptables-restore * line {number} failed", "Error occurred at line: {number}",
            "iptables-restore: unable to initialize table '{table}'"),
        meaning=message("The saved rules were not loaded, because the kernel or iptables refuses the line with this "
            "number. No line of the same table was loaded."), causes=("kernel-match-missing",
            "saved-rules-contain-engine-rules", "kernel-module-missing")),
    TextMeaning(id="iptables-loop", program="iptables",
        patterns=("iptables: Too many levels of symbolic links",
            "tables * (legacy): Too many levels of symbolic links"),
        meaning=message("A rule was refused because its jumps would lead in a circle. Nothing was changed.")),
    TextMeaning(id="nft-could-not-process", program="nft",
        patterns=("Could not process rule: {no_file}",),
        meaning=message("The rule names a table, a chain or a set that does not exist: the file that makes it was not "
            "loaded, or a `flush ruleset` has removed it."), causes=("nft-conf-flush-ruleset",
            "firewall-manager-flushed-rules", "kernel-module-missing")),
    TextMeaning(id="nft-not-supported", program="nft",
        patterns=("Could not process rule: Operation not supported", "Could not process rule: Invalid argument",
            "mnl.c:*: Unable to initialize Netlink socket: Protocol not supported",
            "Unable to initialize Netlink socket: Protocol not supported",
            "Could not process rule: Device or resource busy"),
        meaning=message("The kernel refused the rule or the chain: a module of nf_tables is missing, or the object "
            "that should be deleted was still in use."), causes=("kernel-module-missing", "kernel-match-missing")),
    TextMeaning(id="nft-cache-failed", program="nft",
        patterns=("cache initialization failed: {not_allowed}", "netlink: Error: cache initialization failed"),
        meaning=message("nft was called without root's rights (CAP_NET_ADMIN), so it could neither read nor write "
            "rules. The message says nothing about the rules.")),
    TextMeaning(id="nft-not-permitted", program="nft",
        patterns=("Could not process rule: {not_allowed}",),
        meaning=message("The kernel refused the change, and nothing was changed. Either nft was called without root's "
            "rights (CAP_NET_ADMIN), or the table has nft's flag `owner`: only the process that made the table may "
            "change it, as firewalld's table since version 2.2. Change such a table with its owner's command "
            "(`firewall-cmd`).")),
)  # fmt: skip

FIREWALLS = (
    TextMeaning(id="firewalld-command-failed-nat", program="firewalld",
        patterns=("COMMAND_FAILED: '*iptables* -A DOCKER * failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -A DOCKER * failed: * does not exist",
            "COMMAND_FAILED: '*iptables* -I DOCKER* failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -j DOCKER* failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* DOCKER* failed: * Couldn't load target"),
        meaning=message("dockerd wrote a rule through firewalld, and Docker's chain was gone: firewalld's start or "
            "reload had removed it. dockerd has to start after firewalld; `hairpin restore` shows which rules are "
            "missing now."), causes=("firewalld-restart-wipes-docker", "docker-nat-chain-missing",
            "docker-filter-chain-missing", "firewall-manager-flushed-rules", "iptables-check-bug"),
        shown_by=("docker-nat-chain-missing", "docker-filter-chain-missing")),
    TextMeaning(id="firewalld-check-failed", program="firewalld", kind="harmless",
        patterns=("COMMAND_FAILED: '*iptables* -C * failed: *Bad rule (does a matching rule exist in that chain?)",
            "COMMAND_FAILED: '*iptables* -C * failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -C * failed: *Couldn't load target",
            "COMMAND_FAILED: '*iptables* -C * failed: * does not exist", "COMMAND_FAILED: '*iptables* -D * failed: *",
            "COMMAND_FAILED: '*iptables* -F DOCKER* failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -X DOCKER* failed: *", "COMMAND_FAILED: '*iptables* -F DOCKER* failed: *",
            "COMMAND_FAILED: '*iptables* -N DOCKER* failed: *Chain already exists",
            "COMMAND_FAILED: '*iptables* -X DOCKER* failed: *CHAIN_DEL failed (Device or resource busy)",
            "COMMAND_FAILED: '*iptables* -X DOCKER* failed: *CHAIN_USER_DEL failed (Device or resource busy)"),
        meaning=message("dockerd asked firewalld whether a rule exists, or deleted an old rule before it made its own. "
            "firewalld answered that no such rule exists. dockerd expects this answer, and firewalld logs it as an "
            "error.")),
    TextMeaning(id="iptables-bad-rule", program="iptables", kind="harmless", general=True,
        patterns=("Bad rule (does a matching rule exist in that chain?)",),
        meaning=message("This is the normal answer of `iptables -C` and `-D` if no such rule exists. Programs check "
            "for a rule in this way before they add it.")),
    TextMeaning(id="firewalld-not-running", program="firewalld",
        patterns=("FirewallD is not running", "firewalld is not running"),
        meaning=message("firewall-cmd found no running firewalld, so it changed nothing. The rules in the kernel come "
            "from other programs.")),
    TextMeaning(id="firewalld-docker-zone", program="firewalld", kind="harmless",
        patterns=("INVALID_ZONE: docker", "ALREADY_ENABLED: {word}", "ZONE_ALREADY_SET: {link}"),
        meaning=message("firewalld was asked for a setting that it already has, or for a zone that it does not know. "
            "The request changes nothing.")),
    TextMeaning(id="ufw-block-from-container", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW BLOCK] IN={link} OUT= ",),
        meaning=message("ufw dropped a packet for this host itself. If IN is a container's bridge, a container asked a "
            "service of the host, or the packet belonged to docker-proxy."), causes=("input-drops-host-service",
            "input-chain-drops-proxied-traffic"), verdicts=("dropped", "rejected")),
    TextMeaning(id="ufw-block-forward", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW BLOCK] IN={link} OUT={link} ",),
        meaning=message("ufw dropped a packet that the host should forward to or from a container. SRC and DST are the "
            "packet's source and destination. `ufw route` shows the rules for such packets; DEFAULT_FORWARD_POLICY "
            "applies if no rule matches."), causes=("ufw-forward-policy", "forward-policy-drop",
            "filter-forward-jump-missing"), verdicts=("dropped", "rejected")),
    TextMeaning(id="nft-log-forward-drop", program="nft", about="flow", printed_by="source",
        patterns=("FORWARD DROP* IN={link} OUT={link}", "FORWARD DROP* IN={link} OUT=",
            "FORWARD_DROP* IN={link} OUT={link}", "IPTables-Dropped: IN={link} OUT={link}",
            "forward drop: IN={link} OUT={link}"),
        meaning=message("A log rule of a firewall reports a packet that the firewall drops instead of forwarding it. "
            "PHYSIN in the line names the container's bridge port: the frame passed the hooks of the bridge."),
        causes=("nft-base-chain-drop-other-table", "third-party-forward-chain-drops", "forward-policy-drop",
        "rule-decides-flow", "reject-rule-before-docker"), verdicts=("dropped", "rejected")),
    TextMeaning(id="firewalld-forward-reject", program="firewalld", about="flow", printed_by="source",
        patterns=("filter_FWD_{word}_REJECT: IN={link} OUT={link}", "filter_FWD_{word}_DROP: IN={link} OUT={link}",
            "FWD_{word}_REJECT: IN=", "FWDI_{word}_REJECT: IN="),
        meaning=message("firewalld rejected a packet that the host should forward: the zone of the incoming link does "
            "not allow it. By default, containers' bridges are in the zone `docker` or `trusted`."),
        causes=("cni-bridge-not-trusted", "firewalld-bridge-in-wrong-zone", "firewalld-zone-blocks-port",
        "reject-rule-before-docker"), verdicts=("dropped", "rejected")),
    TextMeaning(id="firewalld-final-reject", program="firewalld", about="flow", printed_by="source",
        patterns=("FINAL_REJECT: IN=", "STATE_INVALID_DROP: IN=", "filter_IN_{word}_REJECT: IN=",
            "filter_IN_{word}_DROP: IN=", "FINAL_REJECT:"),
        meaning=message("firewalld rejected a packet because no zone allows it. The log line names the link (IN), the "
            "addresses (SRC, DST) and the port (DPT)."), causes=("firewalld-zone-blocks-port",
            "firewalld-bridge-in-wrong-zone", "input-chain-drops-proxied-traffic", "reject-rule-before-docker"),
        verdicts=("dropped", "rejected")),
    TextMeaning(id="firewalld-rpfilter", program="firewalld", kind="routine", about="flow", printed_by="source",
        patterns=("rpfilter_DROP: IN={link} OUT=",),
        meaning=message("firewalld's option IPv6_rpfilter (/etc/firewalld/firewalld.conf) dropped a packet, because no "
            "route leads back to its source (SRC) through the link by which it came in (IN). On healthy hosts, "
            "firewalld also logs multicast packets of IPv6 neighbours (DST=ff02:…) in this way. With br_netfilter "
            "loaded, the option also drops frames between containers on one bridge; `loose` or `no` avoids this."),
        causes=("rule-decides-flow", "nft-base-chain-drop-other-table", "rp-filter-strict"), verdicts=("dropped",)),
    TextMeaning(id="firewalld-nft-failed", program="firewalld", other_causes=True,
        patterns=("'python-nftables' failed: * Could not process rule: *", "'python-nftables' failed: *",
            "COMMAND_FAILED: 'python-nftables' failed: * Could not process rule: *"),
        meaning=message("firewalld gave nft its rules, and the kernel refused all of them, so the rules in the kernel "
            "are not those that firewalld shows. `No such file`: a module of nf_tables is missing, as in many "
            "containers and after an upgrade of the kernel. `File exists` and `conflicting intervals`: entries of an "
            "ipset overlap."), causes=("kernel-module-missing", "kernel-match-missing")),
    TextMeaning(id="firewalld-no-backend", program="firewalld", other_causes=True,
        patterns=("No IPv4 and IPv6 firewall", "iptables not usable, disabling IPv4 firewall"),
        meaning=message("firewalld found no iptables and no nft that works, so it ended or has no rules for IPv4. The "
            "programs or the kernel's modules are missing. After an upgrade of the kernel, reboot; `firewall-cmd "
            "--state` says whether firewalld runs."), causes=("kernel-module-missing", "iptables-binary-shadowed")),
    TextMeaning(id="firewalld-no-ipset", program="firewalld", kind="harmless",
        patterns=("ipset not usable, disabling ipset usage in firewall",),
        meaning=message("firewalld found no program ipset, so its zones cannot use ipsets of iptables; its nftables "
            "sets still work. Nothing else is affected.")),
    TextMeaning(id="ufw-log-only", program="ufw", kind="harmless",
        patterns=("[UFW ALLOW] IN=", "[UFW AUDIT] IN=", "[UFW AUDIT INVALID] IN="),
        meaning=message("ufw only logs this packet and does not stop it. ALLOW means that a rule lets the packet in; "
            "AUDIT lines appear for every packet. ufw's log level decides what is logged; `ufw status verbose` shows "
            "the level.")),
    TextMeaning(id="ufw-limit-block", program="ufw", about="flow", printed_by="source", passing=True,
        patterns=("[UFW LIMIT BLOCK] IN={link} OUT=",),
        meaning=message("A rule `limit` of ufw rejected the packet: this client opened six connections or more within "
            "30 seconds. Other clients are not affected. The limit applies to connections to the host, not to "
            "published ports."), causes=("rate-or-connlimit-rule",), verdicts=("dropped", "rejected")),
    TextMeaning(id="ufw-docker-block", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW DOCKER BLOCK] IN={link} OUT={link} ",),
        meaning=message("The rules of ufw-docker in the chain DOCKER-USER (/etc/ufw/after.rules) dropped a packet for "
            "a container. These rules accept private source addresses. Other clients need a rule `ufw route` for the "
            "container's own address and port; `ufw status` lists these rules."), causes=("docker-user-drops",
            "rule-decides-flow"), verdicts=("dropped", "rejected")),
    TextMeaning(id="csf-blocked", program="csf", about="flow", printed_by="source",
        patterns=("Firewall: *TCP_IN Blocked* IN={link}", "Firewall: *UDP_IN Blocked* IN={link}",
            "Firewall: *TCP_OUT Blocked* IN=", "Firewall: *UDP_OUT Blocked* IN=",
            "Firewall: *ICMP_IN Blocked* IN={link}"),
        meaning=message("CSF dropped a packet, because csf.conf does not list the port (TCP_IN, UDP_IN, TCP_OUT, "
            "UDP_OUT). CSF flushes Docker's rules at each of its starts, unless its option DOCKER is on."),
        causes=("input-drops-host-service", "output-policy-drop", "rule-decides-flow"), verdicts=("dropped",
        "rejected")),
    TextMeaning(id="shorewall-dropped", program="shorewall", about="flow", printed_by="source",
        patterns=("Shorewall:{word}:DROP:IN=", "Shorewall:{word}:REJECT:IN="),
        meaning=message("Shorewall stopped a packet. The line names the chain, usually two zones (net-fw: from the "
            "network to this host); `shorewall show CHAIN` shows its rules; the files rules and policy configure them. "
            "Docker's rules survive a start of Shorewall only with DOCKER=Yes in shorewall.conf."),
        causes=("input-drops-host-service", "third-party-forward-chain-drops", "rule-decides-flow"),
        verdicts=("dropped", "rejected")),
    TextMeaning(id="ufw-needs-root", program="ufw", kind="harmless",
        patterns=("ERROR: You need to be root to run this script",),
        meaning=message("ufw was called without root's rights and changed nothing. The message says nothing about the "
            "rules.")),
    TextMeaning(id="ufw-init-problem", program="ufw",
        patterns=("problem running ufw-init", "ERROR: problem running iptables", "Could not load logging rules"),
        meaning=message("ufw could not load its rules: iptables refused one of them, or a kernel module is missing. "
            "The lines before this one say which."), causes=("kernel-module-missing", "kernel-match-missing",
            "xtables-lock-contention", "mixed-firewall-managers")),
)  # fmt: skip
