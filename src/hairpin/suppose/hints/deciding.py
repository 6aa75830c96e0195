"""Commands that decide several hints."""

RULES = "sudo iptables-save"
SOCKETS = "sudo ss -lntup"
JOINED = "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)"
"""Shows the networks that each running container has joined, and its addresses there."""
NAME_SERVERS = (
    "cat /etc/resolv.conf; docker exec {container} cat /etc/resolv.conf; docker exec {container} nslookup example.org "
    "1.1.1.1"
)
