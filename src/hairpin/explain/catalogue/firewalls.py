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
            "dockerd asked through firewalld whether a rule is there, or deleted an old rule before it made its own, "
            "and the answer was that there is no such rule. dockerd expects this answer, and firewalld logs it as an "
            "error."
        ),
    ),
    TextMeaning(
        id="iptables-bad-rule", program="iptables", kind="harmless", general=True,
        patterns=("Bad rule (does a matching rule exist in that chain?)",),
        meaning=message(
            "The normal answer of `iptables -C` and `-D`: no such rule is there. A program asks so before it adds one."
        ),
    ),
    TextMeaning(
        id="firewalld-not-running", program="firewalld",
        patterns=("FirewallD is not running", "firewalld is not running"),
        meaning=message(
            "firewall-cmd found no firewalld that runs, so it changed nothing. The rules in the kernel come from other "
            "programs."
        ),
    ),
    TextMeaning(
        id="firewalld-docker-zone", program="firewalld", kind="harmless",
        patterns=("INVALID_ZONE: docker", "ALREADY_ENABLED: {word}", "ZONE_ALREADY_SET: {link}"),
        meaning=message(
            "firewalld was asked for a setting that it already has, or for a zone that it does not know. It changes "
            "nothing."
        ),
    ),
    TextMeaning(
        id="ufw-block-from-container", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW BLOCK] IN={link} OUT= ",),
        meaning=message(
            "ufw dropped a packet that is for this host itself. Where IN is a container's bridge, a container asked a "
            "service of the host, or docker-proxy's connection was dropped."
        ),
        causes=("input-drops-host-service", "input-chain-drops-proxied-traffic"), verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="ufw-block-forward", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW BLOCK] IN={link} OUT={link} ",),
        meaning=message(
            "ufw dropped a packet that the host was to forward, to or from a container. SRC and DST are its ends; `ufw "
            "route` has the rules for such packets, and DEFAULT_FORWARD_POLICY decides about the others."
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
            "A log rule of a firewall tells that it drops a packet which the host was to forward. PHYSIN in the line "
            "names the container's end, and shows that the frame passed the bridge's hooks."
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
            "firewalld rejected a packet that the host was to forward: the zone of the link by which it arrived does "
            "not allow that. Containers' bridges are in the zone `docker` or `trusted` by default."
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
            "firewalld rejected a packet because no zone allows it. The line has the link (IN), the addresses (SRC, "
            "DST) and the port (DPT)."
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
            "firewalld dropped a packet because its source (SRC) has no route back by the link that it came in by "
            "(IN): its option IPv6_rpfilter in /etc/firewalld/firewalld.conf. Neighbours' multicast of IPv6 "
            "(DST=ff02:…) is logged so on healthy hosts, too. With br_netfilter loaded, the option also drops frames "
            "between containers of one bridge; `loose` or `no` keeps them."
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
            "firewalld gave nft its rules, and the kernel refused them as a whole, so they are not as firewalld shows. "
            "`No such file`: a module of nf_tables is missing, as in many containers and after an upgrade of the "
            "kernel. `File exists` and `conflicting intervals`: entries of an ipset overlap."
        ),
        causes=("kernel-module-missing", "kernel-match-missing"),
    ),
    TextMeaning(
        id="firewalld-no-backend", program="firewalld", other_causes=True,
        patterns=("No IPv4 and IPv6 firewall", "iptables not usable, disabling IPv4 firewall"),
        meaning=message(
            "firewalld found no iptables and no nft that works, so it ended or has no rules for IPv4. The programs or "
            "the kernel's modules are missing; after an upgrade of the kernel a reboot is due. `firewall-cmd --state` "
            "says whether it runs."
        ),
        causes=("kernel-module-missing", "iptables-binary-shadowed"),
    ),
    TextMeaning(
        id="firewalld-no-ipset", program="firewalld", kind="harmless",
        patterns=("ipset not usable, disabling ipset usage in firewall",),
        meaning=message(
            "firewalld found no program ipset, so its zones cannot use ipsets of iptables; its own sets of nftables "
            "work. Nothing else of it changes."
        ),
    ),
    TextMeaning(
        id="ufw-log-only", program="ufw", kind="harmless",
        patterns=("[UFW ALLOW] IN=", "[UFW AUDIT] IN=", "[UFW AUDIT INVALID] IN="),
        meaning=message(
            "ufw logs a packet and does not stop it here: ALLOW is one that a rule lets in, AUDIT each one, whatever "
            "becomes of it. The log level of ufw decides; `ufw status verbose` shows it."
        ),
    ),
    TextMeaning(
        id="ufw-limit-block", program="ufw", about="flow", printed_by="source", passing=True,
        patterns=("[UFW LIMIT BLOCK] IN={link} OUT=",),
        meaning=message(
            "A rule `limit` of ufw rejected the packet: this client opened six connections or more within 30 seconds. "
            "Further clients are not concerned; the limit is on connections to the host, not on published ports."
        ),
        causes=("rate-or-connlimit-rule",), verdicts=("dropped", "rejected"),
    ),
    TextMeaning(
        id="ufw-docker-block", program="ufw", about="flow", printed_by="source",
        patterns=("[UFW DOCKER BLOCK] IN={link} OUT={link} ",),
        meaning=message(
            "The rules of ufw-docker in the chain DOCKER-USER (/etc/ufw/after.rules) dropped a packet for a container. "
            "They let in private addresses, and others only by a rule `ufw route` for the container's own address and "
            "port. `ufw status` lists these."
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
            "Shorewall stopped a packet. The line names the chain, which is mostly two zones (net-fw: from the network "
            "to this host); `shorewall show CHAIN` shows its rules, and the files rules and policy decide. Docker's "
            "rules stay over its starts only with DOCKER=Yes in shorewall.conf."
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
            "before say which."
        ),
        causes=("kernel-module-missing", "kernel-match-missing", "xtables-lock-contention", "mixed-firewall-managers"),
    ),
)  # fmt: skip
