"""Texts of firewalld, of ufw, and of a firewall's log rules."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

FIREWALLS = (
    TextMeaning(
        id="firewalld-command-failed-nat", program="firewalld",
        patterns=(
            "COMMAND_FAILED: '*iptables* -A DOCKER * failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -A DOCKER * failed: * does not exist",
            "COMMAND_FAILED: '*iptables* -I DOCKER* failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -j DOCKER* failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* DOCKER* failed: * Couldn't load target",
        ),
        meaning=message(
            "dockerd wrote a rule through firewalld, and Docker's chain was gone: firewalld's start or reload had "
            "removed it. dockerd has to start after firewalld; `hairpin restore` shows which rules are missing now."
        ),
        causes=(
            "firewalld-restart-wipes-docker", "docker-nat-chain-missing", "docker-filter-chain-missing",
            "firewall-manager-flushed-rules", "iptables-check-bug",
        ),
        shown_by=("docker-nat-chain-missing", "docker-filter-chain-missing"),
    ),
    TextMeaning(
        id="firewalld-check-failed", program="firewalld", kind="harmless",
        patterns=(
            "COMMAND_FAILED: '*iptables* -C * failed: *Bad rule (does a matching rule exist in that chain?)",
            "COMMAND_FAILED: '*iptables* -C * failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -C * failed: *Couldn't load target",
            "COMMAND_FAILED: '*iptables* -C * failed: * does not exist", "COMMAND_FAILED: '*iptables* -D * failed: *",
            "COMMAND_FAILED: '*iptables* -F DOCKER* failed: *No chain/target/match by that name",
            "COMMAND_FAILED: '*iptables* -X DOCKER* failed: *", "COMMAND_FAILED: '*iptables* -F DOCKER* failed: *",
            "COMMAND_FAILED: '*iptables* -N DOCKER* failed: *Chain already exists",
            "COMMAND_FAILED: '*iptables* -X DOCKER* failed: *CHAIN_DEL failed (Device or resource busy)",
            "COMMAND_FAILED: '*iptables* -X DOCKER* failed: *CHAIN_USER_DEL failed (Device or resource busy)",
        ),
        meaning=message(
            "dockerd asked firewalld whether a rule exists, or deleted an old rule before it made its own. firewalld "
            "answered that no such rule exists. dockerd expects this answer, and firewalld logs it as an error."
        ),
    ),
    TextMeaning(
        id="iptables-bad-rule", program="iptables", kind="harmless", general=True,
        patterns=("Bad rule (does a matching rule exist in that chain?)",),
        meaning=message(
            "This is the normal answer of `iptables -C` and `-D` if no such rule exists. Programs check for a rule in "
            "this way before they add it."
        ),
    ),
    TextMeaning(
        id="firewalld-not-running", program="firewalld",
        patterns=("FirewallD is not running", "firewalld is not running"),
        meaning=message(
            "firewall-cmd found no running firewalld, so it changed nothing. The rules in the kernel come from other "
            "programs."
        ),
    ),
    TextMeaning(
        id="firewalld-docker-zone", program="firewalld", kind="harmless",
        patterns=("INVALID_ZONE: docker", "ALREADY_ENABLED: {word}", "ZONE_ALREADY_SET: {link}"),
        meaning=message(
            "firewalld was asked for a setting that it already has, or for a zone that it does not know. The request "
            "changes nothing."
        ),
    ),
    TextMeaning(
        id="ufw-block-from-container", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW BLOCK] IN={link} OUT= ",),
        meaning=message(
            "ufw dropped a packet for this host itself. If IN is a container's bridge, a container asked a service of "
            "the host, or the packet belonged to docker-proxy."
        ),
        causes=("input-drops-host-service", "input-chain-drops-proxied-traffic"), verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="ufw-block-forward", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW BLOCK] IN={link} OUT={link} ",),
        meaning=message(
            "ufw dropped a packet that the host should forward to or from a container. SRC and DST are the packet's "
            "source and destination. `ufw route` shows the rules for such packets; DEFAULT_FORWARD_POLICY applies if "
            "no rule matches."
        ),
        causes=("ufw-forward-policy", "forward-policy-drop", "filter-forward-jump-missing"),
        verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="nft-log-forward-drop", program="nft", about="flow", printed_by="source",
        patterns=(
            "FORWARD DROP* IN={link} OUT={link}", "FORWARD DROP* IN={link} OUT=", "FORWARD_DROP* IN={link} OUT={link}",
            "IPTables-Dropped: IN={link} OUT={link}", "forward drop: IN={link} OUT={link}",
        ),
        meaning=message(
            "A log rule of a firewall reports a packet that the firewall drops instead of forwarding it. PHYSIN in the "
            "line names the container's bridge port: the frame passed the hooks of the bridge."
        ),
        causes=(
            "nft-base-chain-drop-other-table", "third-party-forward-chain-drops", "forward-policy-drop",
            "rule-decides-flow", "reject-rule-before-docker",
        ),
        verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="firewalld-forward-reject", program="firewalld", about="flow", printed_by="source",
        patterns=(
            "filter_FWD_{word}_REJECT: IN={link} OUT={link}", "filter_FWD_{word}_DROP: IN={link} OUT={link}",
            "FWD_{word}_REJECT: IN=", "FWDI_{word}_REJECT: IN=",
        ),
        meaning=message(
            "firewalld rejected a packet that the host should forward: the zone of the incoming link does not allow "
            "it. By default, containers' bridges are in the zone `docker` or `trusted`."
        ),
        causes=(
            "cni-bridge-not-trusted", "firewalld-bridge-in-wrong-zone", "firewalld-zone-blocks-port",
            "reject-rule-before-docker",
        ),
        verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="firewalld-final-reject", program="firewalld", about="flow", printed_by="source",
        patterns=(
            "FINAL_REJECT: IN=", "STATE_INVALID_DROP: IN=", "filter_IN_{word}_REJECT: IN=",
            "filter_IN_{word}_DROP: IN=", "FINAL_REJECT:",
        ),
        meaning=message(
            "firewalld rejected a packet because no zone allows it. The log line names the link (IN), the addresses "
            "(SRC, DST) and the port (DPT)."
        ),
        causes=(
            "firewalld-zone-blocks-port", "firewalld-bridge-in-wrong-zone", "input-chain-drops-proxied-traffic",
            "reject-rule-before-docker",
        ),
        verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="firewalld-rpfilter", program="firewalld", kind="routine", about="flow", printed_by="source",
        patterns=("rpfilter_DROP: IN={link} OUT=",),
        meaning=message(
            "firewalld's option IPv6_rpfilter (/etc/firewalld/firewalld.conf) dropped a packet, because no route leads "
            "back to its source (SRC) through the link by which it came in (IN). On healthy hosts, firewalld also logs "
            "multicast packets of IPv6 neighbours (DST=ff02:…) in this way. With br_netfilter loaded, the option also "
            "drops frames between containers on one bridge; `loose` or `no` avoids this."
        ),
        causes=("rule-decides-flow", "nft-base-chain-drop-other-table", "rp-filter-strict"),
        verdicts=("dropped",),
    ),
    TextMeaning(
        id="firewalld-nft-failed", program="firewalld", other_causes=True,
        patterns=(
            "'python-nftables' failed: * Could not process rule: *", "'python-nftables' failed: *",
            "COMMAND_FAILED: 'python-nftables' failed: * Could not process rule: *",
        ),
        meaning=message(
            "firewalld gave nft its rules, and the kernel refused all of them, so the rules in the kernel are not "
            "those that firewalld shows. `No such file`: a module of nf_tables is missing, as in many containers and "
            "after an upgrade of the kernel. `File exists` and `conflicting intervals`: entries of an ipset overlap."
        ),
        causes=("kernel-module-missing", "kernel-match-missing"),
    ),
    TextMeaning(
        id="firewalld-no-backend", program="firewalld", other_causes=True,
        patterns=("No IPv4 and IPv6 firewall", "iptables not usable, disabling IPv4 firewall"),
        meaning=message(
            "firewalld found no iptables and no nft that works, so it ended or has no rules for IPv4. The programs or "
            "the kernel's modules are missing. After an upgrade of the kernel, reboot; `firewall-cmd --state` says "
            "whether firewalld runs."
        ),
        causes=("kernel-module-missing", "iptables-binary-shadowed"),
    ),
    TextMeaning(
        id="firewalld-no-ipset", program="firewalld", kind="harmless",
        patterns=("ipset not usable, disabling ipset usage in firewall",),
        meaning=message(
            "firewalld found no program ipset, so its zones cannot use ipsets of iptables; its nftables sets still "
            "work. Nothing else is affected."
        ),
    ),
    TextMeaning(
        id="ufw-log-only", program="ufw", kind="harmless",
        patterns=("[UFW ALLOW] IN=", "[UFW AUDIT] IN=", "[UFW AUDIT INVALID] IN="),
        meaning=message(
            "ufw only logs this packet and does not stop it. ALLOW means that a rule lets the packet in; AUDIT lines "
            "appear for every packet. ufw's log level decides what is logged; `ufw status verbose` shows the level."
        ),
    ),
    TextMeaning(
        id="ufw-limit-block", program="ufw", about="flow", printed_by="source", passing=True,
        patterns=("[UFW LIMIT BLOCK] IN={link} OUT=",),
        meaning=message(
            "A rule `limit` of ufw rejected the packet: this client opened six connections or more within 30 seconds. "
            "Other clients are not affected. The limit applies to connections to the host, not to published ports."
        ),
        causes=("rate-or-connlimit-rule",), verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="ufw-docker-block", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW DOCKER BLOCK] IN={link} OUT={link} ",),
        meaning=message(
            "The rules of ufw-docker in the chain DOCKER-USER (/etc/ufw/after.rules) dropped a packet for a container. "
            "These rules accept private source addresses. Other clients need a rule `ufw route` for the container's "
            "own address and port; `ufw status` lists these rules."
        ),
        causes=("docker-user-drops", "rule-decides-flow"), verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="csf-blocked", program="csf", about="flow", printed_by="source",
        patterns=(
            "Firewall: *TCP_IN Blocked* IN={link}", "Firewall: *UDP_IN Blocked* IN={link}",
            "Firewall: *TCP_OUT Blocked* IN=", "Firewall: *UDP_OUT Blocked* IN=",
            "Firewall: *ICMP_IN Blocked* IN={link}",
        ),
        meaning=message(
            "CSF dropped a packet, because csf.conf does not list the port (TCP_IN, UDP_IN, TCP_OUT, UDP_OUT). CSF "
            "flushes Docker's rules at each of its starts, unless its option DOCKER is on."
        ),
        causes=("input-drops-host-service", "output-policy-drop", "rule-decides-flow"),
        verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="shorewall-dropped", program="shorewall", about="flow", printed_by="source",
        patterns=("Shorewall:{word}:DROP:IN=", "Shorewall:{word}:REJECT:IN="),
        meaning=message(
            "Shorewall stopped a packet. The line names the chain, usually two zones (net-fw: from the network to this "
            "host); `shorewall show CHAIN` shows its rules; the files rules and policy configure them. Docker's rules "
            "survive a start of Shorewall only with DOCKER=Yes in shorewall.conf."
        ),
        causes=("input-drops-host-service", "third-party-forward-chain-drops", "rule-decides-flow"),
        verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="ufw-needs-root", program="ufw", kind="harmless",
        patterns=("ERROR: You need to be root to run this script",),
        meaning=message("ufw was called without root's rights and changed nothing. The message says nothing about the "
                        "rules."),
    ),
    TextMeaning(
        id="ufw-init-problem", program="ufw",
        patterns=("problem running ufw-init", "ERROR: problem running iptables", "Could not load logging rules"),
        meaning=message(
            "ufw could not load its rules: iptables refused one of them, or a kernel module is missing. The lines "
            "before this one say which."
        ),
        causes=("kernel-module-missing", "kernel-match-missing", "xtables-lock-contention", "mixed-firewall-managers"),
    ),
)  # fmt: skip
