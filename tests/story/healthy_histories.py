"""Histories in which nothing breaks: nobody may be blamed."""

from tests.story.broken_histories import OFF
from tests.story.history import History, How

_DONE: dict[str, tuple[How, str]] = {
    "rules listed": ("ssh", "iptables -L -n >/dev/null"),
    "ruleset listed": ("ssh", "nft list ruleset >/dev/null"),
    "docker restarted": ("ssh", "systemctl restart docker"),
    "docker reloaded": ("ssh", "systemctl reload docker"),
    "forwarding toggled": ("ssh", f"{OFF}; sudo sysctl -w net.ipv4.ip_forward=1"),
    "another sysctl": ("ssh", "sysctl -w net.core.somaxconn=4096"),
    "container restarted": ("ssh", "docker restart web"),
    "another container": ("ssh", "docker run --rm --name other hairpin-lab true"),
    "a network made and removed": ("ssh", "docker network create own; sudo docker network rm own"),
    "a rule for others": ("ssh", "iptables -I INPUT -s 203.0.113.7 -j DROP; sudo iptables -D INPUT 1"),
    "flushed and repaired": ("ssh", "iptables -t nat -F; sudo systemctl restart docker"),
    "a link of its own": ("ssh", "ip link add own type bridge; sudo ip link del own"),
    "ufw asked": ("ssh", "ufw status"),
    "another unit restarted": ("ssh", "systemctl restart cron"),
    "connections forgotten": ("ssh", "conntrack -F"),
    "a login": ("ssh", "ls /root"),
    "cron": ("cron", "/usr/sbin/sysctl -a >/dev/null 2>&1"),
    "cron saves": ("cron", "/usr/sbin/iptables-save >/root/saved"),
    "a timer": ("timer", "/usr/sbin/sysctl -w vm.swappiness=10"),
    "a timer's script": ("timer-script", "iptables -L -n >/dev/null"),
    "a package": ("package", "true"),
    "docker installed again": ("root", "dpkg -i /run/talk/docker.io.deb >/dev/null 2>&1"),
    "a hook of apt": ("hook", "sysctl -w vm.swappiness=20"),
}
HEALTHY: tuple[History, ...] = tuple(
    History(f"healthy: {name}", how, deed, None) for name, (how, deed) in _DONE.items()
)
