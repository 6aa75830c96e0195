"""How an event is carried out in a lab host, by the commands of those who do it."""

from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "conntrack-flush": "conntrack -F 2>/dev/null",
    "forwarding-toggle": "sysctl -qw net.ipv4.ip_forward=0; sysctl -qw net.ipv4.ip_forward=1",
    "iptables-flush": "iptables -F; iptables -t nat -F",
    "saved-rules-restore": "iptables-restore < /etc/iptables/rules.v4",
    "sysctl-system": "sysctl --system >/dev/null 2>&1 || true",
    "docker-stop": "/etc/init.d/docker stop",
    "docker-kill": "kill -9 $(cat /run/docker.pid); sleep 1",
    "docker-restart": "/etc/init.d/docker restart; sleep 1",
    "docker-reload": "kill -HUP $(cat /run/docker.pid); sleep 1",
    "link-bounce": "ip link set eth0 down; ip link set eth0 up; sleep 1",
    "ufw-reload": "ufw reload || true",
    "ufw-enable": "ufw --force enable || true",
    "ufw-disable": "ufw disable",
    "container-stop": "docker stop -t 1 $(docker ps -q)",
    "container-restart": "for each in $(docker ps -q); do docker restart -t 1 $each; done",
}
"""Each in the words of sh, in the host's namespaces."""
