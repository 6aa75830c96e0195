"""Changes that break no expectation.  ``$engine`` is the host's docker or podman; a change that the host cannot have is
left out."""

HARMLESS: dict[str, str] = {
    "counters": "iptables -Z; iptables -t nat -Z",
    "a comment": "iptables -A INPUT -m comment --comment 'nobody reads this'",
    "a rule shifted": "iptables -I FORWARD -s 203.0.113.200 -j ACCEPT",
    "rules shifted in nat": "iptables -t nat -I PREROUTING -d 203.0.113.201 -p tcp --dport 81 -j ACCEPT",
    "an unrelated table": "nft 'add table inet notes; add chain inet notes seen "
        "{ type filter hook forward priority 10; }; add rule inet notes seen counter'",
    "a log rule": "iptables -I FORWARD -m limit --limit 1/min -j LOG --log-prefix seen",
    "an unrelated sysctl": "sysctl -qw net.ipv4.tcp_fin_timeout=30",
    "a new unused network": "$engine network create unused",
    "a DNS cache": "setsid busybox nc -l -p 53 -s 127.0.0.53 >/dev/null 2>&1 </dev/null &",
    "a duplicate accept rule": "iptables -I INPUT -i lo -j ACCEPT; iptables -I INPUT -i lo -j ACCEPT",
    "a rule about somebody else": "iptables -I FORWARD -s 203.0.113.66 -j DROP",
    "a second address": "ip address add 203.0.113.77/32 dev lo",
    "a route elsewhere": "ip route add 203.0.113.128/25 via 198.51.100.1",
    "a routing rule about somebody else": "ip rule add from 203.0.113.9 lookup main priority 900",
    "a link beside": "ip link add beside0 type veth peer name beside1",
    "connections forgotten": "conntrack -F",
    "a rule of mangle": "iptables -t mangle -A PREROUTING -p tcp --dport 1234 -j MARK --set-mark 0",
    "the same rules loaded again": "iptables-save >/run/again.rules; iptables-restore </run/again.rules",
    "an unrelated set": "nft 'add table ip listed; add set ip listed some "
        "{ type ipv4_addr; elements = { 203.0.113.4 } }'",
    "a container restarted with a new address": "name=$($engine ps --format '{{.Names}}' | head -n 1)\n"
        "image=$($engine inspect --format '{{.Config.Image}}' $name)\n"
        "network=$($engine inspect --format '{{.HostConfig.NetworkMode}}' $name)\n"
        "case $network in default | bridge) network= ;; *) network=--network=$network ;; esac\n"
        "$engine stop -t 0 $name >/dev/null; $engine run -d --name takes $network $image sleep 10000 >/dev/null\n"
        "$engine start $name >/dev/null",
    "another container": "image=$($engine inspect --format '{{.Config.Image}}' $($engine ps -q | head -n 1))\n"
        "$engine run -d --name another $image sleep 10000 >/dev/null",
    "a file of settings that says the same": "echo net.ipv4.ip_forward=1 >/etc/sysctl.d/50-same.conf",
}  # fmt: skip
