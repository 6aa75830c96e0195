"""The calls of engines and managers, and the calls that undo them."""

import msgspec

from hairpin.change import calls
from hairpin.host.managers import Firewalld, FirewalldZone
from tests.rows import each_row
from tests.small_host import network

HOST = msgspec.structs.replace(
    network().this,
    firewalld=Firewalld(True, default_zone="public", runtime=(FirewalldZone("docker", interfaces=("docker0",)),)),
)
CHAIN = calls.AddDirectChain("ip", "filter", "DOCKER-USER")
RICH = calls.AddRichRule("zone", "public", 'rule priority="-1" accept')
DIRECT = calls.AddDirectRule("ip6", "nat", "OUTPUT", '-m comment --comment "a b" -j ACCEPT')

# call, its words, the words that undo it
CALLS: dict[str, tuple[calls.Call, str, calls.Call | None]] = {
    "start": (calls.SetContainerState("docker", "start", "web"), "docker start web", None),
    "pause": (calls.SetContainerState("podman", "pause", "web"), "podman pause web",
              calls.SetContainerState("podman", "unpause", "web")),
    "connect": (calls.ConnectContainer("docker", "connect", "n1", "web"), "docker network connect n1 web",
                calls.ConnectContainer("docker", "disconnect", "n1", "web")),
    "disconnect": (calls.ConnectContainer("docker", "disconnect", "n1", "web"), "docker network disconnect n1 web",
                   None),
    "restart policy": (calls.SetRestartPolicy("docker", "always", "web"), "docker update --restart always web",
                       calls.SetRestartPolicy("docker", "no", "web")),
    "container of a user": (calls.SetContainerState("podman", "start", "web", "ann"),
                            'runuser -l -s /bin/sh -c exec "$@" -- ann sh podman start web', None),
    "container of a user's dockerd": (
        calls.ConnectContainer("docker", "connect", "n1", "web", "ann"),
        (
            'runuser -l -s /bin/sh -c exec docker -H "unix:///run/user/$(id -u)/docker.sock" "$@" -- ann sh'
            " network connect n1 web"
        ),
        calls.ConnectContainer("docker", "disconnect", "n1", "web", "ann"),
    ),
    "networks of a user": (calls.ReloadNetworks(user="ann"),
                           'runuser -l -s /bin/sh -c exec "$@" -- ann sh podman network reload --all', None),
    "port": (calls.OpenPort("public", 80, "tcp"), "firewall-cmd --zone=public --add-port=80/tcp",
             calls.OpenPort("public", 80, "tcp", closed=True)),
    "rich rule": (RICH, 'firewall-cmd --zone=public --add-rich-rule=rule priority="-1" accept',
                  msgspec.structs.replace(RICH, removed=True)),
    "rich rule of a policy, taken back": (
        calls.AddRichRule("policy", "own", "rule accept", permanent=True, removed=True),
        "firewall-cmd --permanent --policy=own --remove-rich-rule=rule accept",
        calls.AddRichRule("policy", "own", "rule accept", permanent=True),
    ),
    "direct rule before others": (
        msgspec.structs.replace(DIRECT, words="-j ACCEPT", priority=-1),
        "firewall-cmd --permanent --direct --add-rule ipv6 nat OUTPUT -1 -j ACCEPT",
        msgspec.structs.replace(DIRECT, words="-j ACCEPT", priority=-1, removed=True),
    ),
    "zone": (calls.BindInterface("trusted", "docker0"), "firewall-cmd --zone=trusted --change-interface=docker0",
             calls.BindInterface("docker", "docker0")),
    "zone by default": (calls.BindInterface("trusted", "eth0", permanent=True),
                        "firewall-cmd --permanent --zone=trusted --change-interface=eth0",
                        calls.BindInterface("trusted", "eth0", permanent=True, removed=True)),
    "zone of run time alone": (calls.BindInterface("trusted", "docker0", permanent=True),
                               "firewall-cmd --permanent --zone=trusted --change-interface=docker0",
                               calls.BindInterface("trusted", "docker0", permanent=True, removed=True)),
    "taken out of a zone": (calls.BindInterface("trusted", "eth0", permanent=True, removed=True),
                            "firewall-cmd --permanent --zone=trusted --remove-interface=eth0",
                            calls.BindInterface("trusted", "eth0", permanent=True)),
    "source": (calls.TrustSource("172.17.0.0/16", permanent=True),
               "firewall-cmd --permanent --zone=trusted --add-source=172.17.0.0/16",
               calls.TrustSource("172.17.0.0/16", permanent=True, removed=True)),
    "chain": (CHAIN, "firewall-cmd --permanent --direct --add-chain ipv4 filter DOCKER-USER",
              msgspec.structs.replace(CHAIN, removed=True)),
    "rule": (DIRECT,
             "firewall-cmd --permanent --direct --add-rule ipv6 nat OUTPUT 0 -m comment --comment a b -j ACCEPT",
             msgspec.structs.replace(DIRECT, removed=True)),
    "ufw": (calls.ReloadUfw(), "ufw reload", None),
    "a process": (calls.EndProcess(7), "kill 7", None),
    "a halted process": (calls.EndProcess(7, halted=True), "kill -KILL 7", None),
    "ufw lets a port in": (calls.AllowInUfw(80, "tcp"), "ufw allow 80/tcp", calls.AllowInUfw(80, "tcp", deleted=True)),
    "ufw lets one client in": (
        calls.AllowInUfw(80, "tcp", source="192.0.2.10"),
        "ufw allow from 192.0.2.10 to any port 80 proto tcp",
        calls.AllowInUfw(80, "tcp", source="192.0.2.10", deleted=True),
    ),
    "ufw takes it back": (calls.AllowInUfw(80, "tcp", deleted=True), "ufw delete allow 80/tcp",
                          calls.AllowInUfw(80, "tcp")),
    "ufw lets a link's packets in": (
        calls.AllowInUfw(80, "udp", iif="docker0", first=True),
        "ufw prepend allow in on docker0 to any port 80 proto udp",
        calls.AllowInUfw(80, "udp", iif="docker0", first=True, deleted=True),
    ),
    "ufw forwards": (
        calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True),
        "ufw route allow in on eth0 out on docker0 to any port 80 proto tcp",
        calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True, deleted=True),
    ),
    "fail2ban": (
        calls.Unban("fail2ban-client", "sshd", "192.0.2.1"), "fail2ban-client set sshd unbanip 192.0.2.1", None,
    ),
    "crowdsec": (calls.Unban("cscli", "", "192.0.2.1"), "cscli decisions delete --ip 192.0.2.1", None),
    "unit": (calls.SetUnitState("enable", "a"), "systemctl enable a", calls.SetUnitState("disable", "a")),
    "unit stopped": (calls.SetUnitState("stop", "a"), "systemctl stop a", calls.SetUnitState("start", "a")),
    "unit restarted": (calls.SetUnitState("restart", "a"), "systemctl restart a", None),
}  # fmt: skip


@each_row(("call", "words", "back"), CALLS.values(), ids=CALLS)
def test_a_call(call: calls.OwnersCall, words: str, back: calls.Call | None) -> None:
    assert " ".join(calls.call_argv(call)) == words
    assert calls.reverse(call, HOST) == back
