"""At which stops each cause is asked: a check loads the files of these causes only.

``general``: at every stop; ``any``: for every reason; nothing: at none, but in the last round.  Written by
``python -m tools.cause_reasons`` from the causes' own declarations, which decide: a cause without a row is always
loaded, and tests/causes/test_registry.py holds that each row is what its cause declares.
"""

ASKED_AT: dict[str, str] = {
    "address-diverts-traffic": "general",
    "address-held-twice": "",
    "address-on-bridge-port": "no-neighbour rp-filter",
    "address-on-two-hosts": "",
    "address-pool-exhausted": "",
    "allow-rule-lets-nobody-in": "rule policy reject",
    "answers-leave-by-other-network": "no-neighbour rule policy reject martian-source rp-filter wrong-answer",
    "answers-leave-by-other-uplink": "peer-drops",
    "arp-not-answered": "no-neighbour",
    "ban-list-hits-client-or-container": "rule policy reject",
    "ban-misses-published-port": "",
    "blackhole-route-covers-client": "rp-filter route-type",
    "blackhole-route-covers-container": "rp-filter route-type",
    "br-netfilter-off-hairpin": "wrong-answer",
    "bridge-address-missing": (
        "no-neighbour rule policy reject martian-source rp-filter no-route route-type route-localnet no-source-address "
        "wrong-answer left-instead"
    ),
    "bridge-became-default-route": "link-down no-carrier bridge-down no-neighbour rule policy reject rp-filter",
    "bridge-down": (
        "link-down no-carrier bridge-down no-neighbour rule policy reject no-route route-localnet wrong-answer "
        "left-instead"
    ),
    "bridge-missing": (
        "no-neighbour rule policy reject martian-source martian-destination rp-filter no-route route-localnet "
        "no-source-address wrong-answer left-instead start-refused"
    ),
    "bridge-port-blocked": "general",
    "bridge-port-isolated": "bridge-port-isolated",
    "bridge-route-missing": (
        "no-neighbour rule policy reject martian-source rp-filter no-route route-type route-localnet no-source-address "
        "wrong-answer left-instead"
    ),
    "bridge-subnet-overlaps-route": (
        "link-down no-carrier bridge-down no-neighbour rule policy reject rp-filter left-instead"
    ),
    "bridge-vlan-filtered": "bridge-vlan",
    "bridged-source-rewritten": "rule policy reject",
    "client-inside-container-subnet": (
        "link-down no-carrier bridge-down no-neighbour rule policy reject rp-filter wrong-answer"
    ),
    "cloud-address-changed": "",
    "cni-plugin-missing": "rule policy reject no-listener never-accepts wrong-answer",
    "conntrack-entry-stale": "any",
    "conntrack-table-full": "conntrack-full",
    "conntrack-timeout-zero": "general",
    "container-address-hardcoded": "",
    "container-address-missing": "no-neighbour no-route no-source-address",
    "container-address-not-assigned": "no-carrier no-neighbour left-instead",
    "container-default-route-missing": "no-neighbour no-route",
    "container-interface-missing": (
        "link-down no-carrier hairpin-off no-neighbour rule policy reject no-route no-source-address left-instead"
    ),
    "container-link-down": "link-down no-carrier bridge-down bridge-port-state no-neighbour no-route no-source-address",
    "container-network-none": "no-neighbour no-route no-listener never-accepts",
    "container-not-running": (
        "no-carrier no-neighbour rule policy reject no-route no-source-address no-listener never-accepts no-container "
        "left-instead address-lost"
    ),
    "container-on-internal-network-only": "no-neighbour rule policy reject no-route no-listener never-accepts",
    "container-own-firewall": "rule policy reject",
    "container-paused": "process-frozen",
    "container-rp-filter-strict": "rp-filter",
    "container-subnet-on-two-hosts": "link-down no-carrier bridge-down no-neighbour rule policy reject",
    "container-unhealthy": "",
    "container-unit-failed": "rule policy reject no-listener",
    "ct-state-rule-missing": "rule policy reject",
    "daemon-does-not-start-config": "",
    "default-bridge-has-no-names": "name-unknown",
    "dnat-rule-missing": "rule policy reject no-listener never-accepts wrong-answer",
    "dnat-rule-names-other-address": "no-listener",
    "dnat-rule-names-other-port": "no-listener",
    "dnat-rule-shadowed": (
        "hairpin-off no-neighbour rule policy reject no-listener answered-by-other never-accepts left-instead"
    ),
    "dnat-rule-stale-address": (
        "no-carrier no-neighbour rule policy reject no-route no-listener answered-by-other left-instead"
    ),
    "docker-daemon-bridge-none": "no-route no-listener never-accepts",
    "docker-daemon-ip6tables-off": "source-not-translated peer-drops",
    "docker-daemon-iptables-false": "rule policy reject no-listener never-accepts source-not-translated peer-drops",
    "docker-daemon-not-running": (
        "no-carrier no-neighbour rule policy reject no-listener never-accepts no-container left-instead"
    ),
    "docker-filter-chain-missing": "rule policy reject start-refused",
    "docker-nat-chain-missing": (
        "rule policy reject martian-destination route-localnet no-listener never-accepts source-not-translated "
        "wrong-answer start-refused"
    ),
    "docker-nat-jump-missing-output": "rule policy reject no-listener never-accepts wrong-answer",
    "docker-nat-jump-missing-prerouting": "rule policy reject no-listener never-accepts wrong-answer",
    "docker-proxy-missing": "no-listener",
    "docker-proxy-udp-wrong-source": "wrong-answer",
    "docker-user-drops": "rule policy reject",
    "dormant-table": "general",
    "ebtables-drops": "rule policy reject",
    "engine-resolver-gone": "no-listener name-unknown",
    "engine-rule-behind-firewall": "rule policy reject",
    "engine-rule-missing": "general",
    "engine-upgrade-changes-rules": "",
    "equal-hardware-addresses": "neighbour-wrong",
    "filter-accept-missing": "rule policy reject",
    "filter-forward-jump-missing": "rule policy reject",
    "firewall-manager-flushed-rules": "",
    "firewalld-bridge-in-wrong-zone": "rule policy reject",
    "firewalld-panic-mode": "rule policy reject",
    "firewalld-reload-loses-engine-protection": "",
    "firewalld-restart-wipes-docker": "",
    "firewalld-runtime-only-port": "",
    "firewalld-zone-blocks-port": "rule policy reject",
    "firewalld-zone-conflict": "",
    "forward-policy-drop": "rule policy reject",
    "forwarding-entry-wrong": "no-neighbour neighbour-wrong wrong-answer left-instead",
    "guest-network-not-started": (
        "no-neighbour rule policy reject forwarding-off no-route route-type no-source-address left-instead"
    ),
    "hairpin-masquerade-missing": "hairpin-off rule policy martian-source martian-destination wrong-answer",
    "hairpin-mode-off": "hairpin-off",
    "hop-limit-too-low": "ttl",
    "host-address-missing": (
        "link-missing no-neighbour martian-source rp-filter no-route no-source-address source-not-translated "
        "tunnel-elsewhere left-instead address-lost"
    ),
    "host-default-route-missing": "rp-filter no-route",
    "host-link-down": "link-down no-carrier bridge-down no-route",
    "host-link-missing": "link-missing no-neighbour no-route no-source-address left-instead",
    "host-network-has-no-names": "name-unknown",
    "host-network-ignores-ports": "rule policy reject no-listener",
    "host-prefix-length-wrong": "no-neighbour martian-source rp-filter no-route no-tunnel-remote left-instead",
    "host-resolver-gone": "no-listener",
    "host-service-bound-elsewhere": "no-listener",
    "host-service-listens-on-loopback": "no-listener",
    "host-service-not-running": "no-listener",
    "icc-off": "rule policy reject",
    "input-chain-drops-proxied-traffic": "rule policy reject",
    "input-drops-host-service": "rule policy reject",
    "interface-forwarding-file-conflict": "",
    "interface-forwarding-off": "forwarding-off",
    "interface-name-hardcoded": "",
    "interface-not-in-group": "rule policy reject",
    "ip-forward-not-persisted": "",
    "ip-forward-off": "forwarding-off",
    "iptables-binary-shadowed": "",
    "iptables-check-bug": "",
    "iptables-policy-left-drop-after-nftables-switch": "rule policy reject",
    "iptables-service-restart-wipes": "",
    "ipv6-address-duplicate": (
        "no-neighbour neighbour-wrong rule policy reject forwarding-off no-route route-type no-source-address loop "
        "left-instead address-lost"
    ),
    "ipv6-forwarding-off": "forwarding-off",
    "ipv6-ra-ignored-when-forwarding": "",
    "ipvlan-host-cannot-reach": "no-neighbour left-instead",
    "isolation-drops-between-bridges": "rule policy reject",
    "isolation-drops-discovery": "rule policy reject",
    "kernel-match-missing": "",
    "kernel-module-missing": "",
    "kernel-policy-rule-missing": "general",
    "kernel-route-missing": "general",
    "known-version-fault": "",
    "live-restore-duplicates-rules": "",
    "local-table-behind-rule": "general",
    "loopback-address-missing": "general",
    "loopback-is-the-container": "no-listener",
    "macvlan-host-cannot-reach": "left-instead",
    "macvlan-ignores-ports": "rule policy reject no-listener",
    "macvlan-mode-separates": "no-neighbour left-instead",
    "manager-claims-container-links": "",
    "mangle-drops-or-marks": "rule policy reject ttl",
    "masquerade-disabled-on-network": "peer-drops",
    "masquerade-missing": "source-not-translated peer-drops",
    "mixed-firewall-managers": "",
    "mtu-black-hole": "mtu rule policy reject",
    "name-pinned-to-old-address": "no-neighbour rule policy reject no-route no-listener answered-by-other",
    "nat-loopback-on-cloud-address": "gateway-does-not-hairpin",
    "neighbour-entry-wrong": "neighbour-wrong rp-filter forwarding-off no-route left-instead",
    "neighbour-requests-off": "no-neighbour",
    "neighbour-table-overflow": "neighbour-table-full",
    "network-on-host-bridge": "rule policy reject no-route",
    "nft-base-chain-drop-other-table": "rule policy reject",
    "nft-conf-flush-ruleset": "",
    "no-common-network-for-name": "name-unknown",
    "no-route-to-client": "link-down no-carrier bridge-down no-neighbour rp-filter no-route wrong-answer left-instead",
    "node-route-missing": "no-route ttl loop source-not-translated wrong-answer left-instead",
    "node-route-wrong-host": (
        "no-neighbour neighbour-wrong rule policy reject rp-filter forwarding-off no-route ttl loop wrong-answer "
        "no-tunnel-remote no-tunnel tunnel-elsewhere left-instead"
    ),
    "output-policy-drop": "rule policy reject",
    "overlay-devices-lost": "link-down no-neighbour neighbour-wrong no-tunnel",
    "overlay-mtu-too-large": "mtu",
    "overlay-peer-missing": "no-neighbour",
    "packets-to-many-stay-on-link": "rule policy reject no-listener",
    "pmtud-icmp-blocked": "rule policy reject",
    "podman-beside-docker-forward-drop": "rule policy reject",
    "podman-makes-no-rules": (
        "no-neighbour rule policy reject martian-destination route-localnet no-listener answered-by-other "
        "never-accepts source-not-translated peer-drops wrong-answer left-instead"
    ),
    "podman-rules-missing": (
        "rule policy reject martian-destination route-localnet no-listener never-accepts source-not-translated "
        "peer-drops wrong-answer"
    ),
    "policy-rule-diverts-container-traffic": (
        "link-down no-carrier no-neighbour rule policy reject rp-filter no-route route-type source-not-translated "
        "wrong-answer left-instead"
    ),
    "port-allocated-by-other-container": "answered-by-other",
    "port-helper-missing": "no-listener",
    "port-not-published": "rule policy reject no-listener",
    "publish-address-not-on-host": "rule policy reject rp-filter forwarding-off no-route address-lost",
    "published-bypasses-host-firewall": "",
    "published-for-other-family": "rule policy reject no-listener",
    "published-on-loopback-only": "rule policy reject no-listener never-accepts",
    "published-on-other-address": "rule policy reject no-listener never-accepts",
    "published-port-held-by-other-process": "no-neighbour no-route route-type no-listener answered-by-other",
    "published-protocol-mismatch": "rule policy reject no-listener",
    "qdisc-passes-nothing": "qdisc",
    "quadlet-not-running": "rule policy reject no-listener",
    "quota-used-up": "rule policy reject",
    "rate-or-connlimit-rule": "rule reject",
    "raw-drop-direct-routing": "rule policy reject",
    "raw-notrack-breaks-nat": "rule policy reject no-listener never-accepts source-not-translated wrong-answer",
    "reboot-ordering": "",
    "redirected-for-other-family": "rule policy reject no-listener",
    "reject-rule-before-docker": "rule policy reject",
    "resolv-conf-rewritten": "name-unknown",
    "resolver-rules-missing": "no-listener",
    "restart-policy-missing": "",
    "rootless-session-ended": "rule policy reject no-listener",
    "route-diverts-traffic": "general",
    "rp-filter-strict": "rp-filter",
    "rule-decides-flow": "",
    "runtime-only-rule": "",
    "saved-rules-contain-engine-rules": "",
    "saved-rules-refused": "",
    "service-backlog-full": "backlog-full",
    "service-listens-on-container-loopback": "no-listener",
    "service-listens-on-one-container-address": "no-listener",
    "service-listens-on-other-port": "no-listener",
    "service-listens-on-wrong-family": "no-listener",
    "service-not-listening": "no-listener",
    "service-process-stopped": "process-frozen",
    "service-receive-queue-full": "receive-queue-full",
    "shared-namespace-left": "no-route no-source-address no-listener",
    "snat-ports-exhausted": "conntrack-clash",
    "snat-rule-shadows-masquerade": "source-not-translated peer-drops wrong-answer",
    "socket-proxy-finds-nobody": "no-carrier no-neighbour no-route no-listener left-instead",
    "src-valid-mark-off": "rp-filter",
    "stack-hides-loopback": "stack-refuses",
    "stale-accept-for-dead-container": "",
    "state-asked-before-conntrack": "rule policy reject",
    "swarm-ingress-chain-missing": "rule policy reject martian-source no-listener never-accepts wrong-answer",
    "swarm-ingress-sandbox-broken": "rule policy reject no-listener",
    "swarm-port-mode-host": "rule policy reject no-listener",
    "swarm-service-not-running": "rule policy reject no-listener",
    "sysctl-file-forces-forward-off": "",
    "tc-filter-drops": "tc-filter",
    "third-party-forward-chain-drops": "rule policy reject",
    "translated-for-others-only": "rule policy reject no-listener",
    "tunnel-end-missing": "no-tunnel",
    "tunnel-ends-alike": "neighbour-wrong",
    "tunnel-ends-differ": "no-tunnel",
    "tunnel-fdb-stale": (
        "no-neighbour neighbour-wrong rule policy reject no-route loop no-listener wrong-answer no-tunnel-remote "
        "no-tunnel tunnel-elsewhere left-instead"
    ),
    "tunnel-neighbour-stale": (
        "no-neighbour neighbour-wrong wrong-answer no-tunnel-remote no-tunnel tunnel-elsewhere left-instead"
    ),
    "tunnel-port-detached": "no-neighbour neighbour-wrong",
    "tunnel-source-lost": "no-source-address",
    "two-iptables-backends-in-use": "rule policy reject",
    "ufw-forward-policy": "rule policy reject",
    "unit-filter-drops": "unit-filter",
    "unit-has-own-network": "no-listener",
    "upstream-filters-container-addresses": "peer-drops",
    "user-stack-gone": "no-route no-source-address",
    "userland-proxy-off-no-route-localnet": "martian-source martian-destination route-localnet",
    "veth-detached-from-bridge": (
        "link-down no-carrier hairpin-off no-neighbour rule policy reject martian-source rp-filter no-tunnel-remote "
        "no-tunnel tunnel-elsewhere"
    ),
    "veth-down": "link-down no-carrier bridge-down",
    "vxlan-port-blocked": "rule policy reject",
    "wireguard-address-not-allowed": "no-tunnel-remote peer-not-allowed",
    "xfrm-policy-blocks": "xfrm-policy",
    "xtables-lock-contention": "",
}
