"""The table of the features that speak for each frequent cause and against it.

A row says how often people have the cause, and the points of each feature.  A service does not answer, a client does
not come in, a container does not get out, or two places do not reach each other: these are the four parts of the
table.
"""

import msgspec

from hairpin.message import Message, message
from hairpin.suppose.hints.hint import OF_CAUSE
from hairpin.suppose.hints.said.phrases import NAME_SERVERS, VM_SHOWS


class Lean(msgspec.Struct, frozen=True):
    """The points for a cause and against it.

    ``cause``: the id of the cause; empty if the catalogue has no such cause.  ``often``: how often people have this
    cause, from 0 to 4.  ``points``: the points of each feature that the text may have.  ``needs``: the text must
    have one of these features; if ``needs`` is empty, any text may mean the cause.

    Only a row without a cause has the other fields.  ``command``: the read-only command that decides.  ``shows``: the
    command's output if the explanation ``means`` is true."""

    cause: str
    often: int
    points: dict[str, int]
    needs: frozenset[str]
    command: str
    shows: Message
    means: Message


def lean(
    cause: str,
    often: int,
    points: str,
    *,
    needs: str = "",
    means: Message = OF_CAUSE,
    command: str = "",
    shows: Message = OF_CAUSE,
) -> Lean:
    """Return a row of the table.  ``points``: ``feature +3, other feature -4``.  ``needs``: ``feature, feature``."""
    pairs = (each.rsplit(" ", 1) for each in points.split(", "))
    wanted = frozenset(needs.split(", ")) if needs else frozenset[str]()
    return Lean(cause, often, {name: int(number) for name, number in pairs}, wanted, command, shows, means)


LEANS: tuple[Lean, ...] = (
    # --- services ---
    lean("service-listens-on-container-loopback", 3, "reset +6, inside works +7, listens on loopback +6, "
        "host fails +3, outside fails +1, refused +1, published on +1, restart helps -3, after reload -2, timeout -5, "
        "unreachable -8, host works -6, client inside -2, no name -6, asks itself -3, listens everywhere -5, "
        "to the internet -3, port in use -8, application -3",
        needs="reset, refused, inside works, listens on loopback"),
    lean("service-listens-on-other-port", 3, "refused +3, gateway error +4, reset +3, listens elsewhere +9, "
        "asks the outer port inside +12, two containers +2, published on +2, listens everywhere +3, reverse proxy +1, "
        "restart helps -3, after reload -2, timeout -5, unreachable -8, host works -3, no name -6, asks itself -4, "
        "port in use -8, to the internet -3, listens on loopback -2, application -3",
        needs="refused, reset, gateway error, listens elsewhere, asks the outer port inside"),
    lean("service-not-listening", 3, "refused +3, gateway error +3, reset +3, two containers +2, host fails +2, "
        "client inside +1, restart helps -3, after reload -2, timeout -5, unreachable -8, host works -5, "
        "inside works -6, no name -6, asks itself -4, port in use -8, to the internet -3, application -3",
        needs="refused, reset, gateway error"),
    lean("container-not-running", 2, "exited +12, refused +2, gateway error +1, no name +1, host works -4, "
        "inside works -6, to the internet -4, unreachable -2, client inside -1",
        needs="refused, gateway error, no name, exited"),
    lean("", 0, "application +14, ping works +1, timeout -6, refused -5, unreachable -8, no name -4",
        needs="application",
        means=message("The service itself answers: the network is in order, and an account, a grant or a setting of "
            "the application denies the client"),
        command="docker logs --tail 50 {container}", shows=message("the service logs the client's attempt, and the "
            "reason why it denies the client")),
    lean("", 0, "selinux +14", needs="selinux",
        means=message("A policy of the host (SELinux) forbids the program to connect: the network is in order"),
        command="getenforce; sudo ausearch -m avc -ts recent", shows=message("SELinux is enforcing, and its log has a "
            "denial of name_connect or name_bind")),
    # --- clients of a published port or of a service of the host ---
    lean("published-on-loopback-only", 1, "published on loopback +10, outside fails +3, host works +2, refused +1, "
        "to the internet -3, no name -4, port in use -8", needs="published on loopback"),
    lean("port-not-published", 2, "refused +3, host fails +2, inside works +3, outside fails +1, localhost +1, "
        "host works -6, timeout -2, reset -6, client inside -4, two containers -4, to the internet -4, no name -6, "
        "port in use -8, listens elsewhere -3", needs="refused, host fails, published on"),
    lean("published-port-held-by-other-process", 1, "port in use +14", needs="port in use"),
    lean("", 1, "outside fails +3, host works +2, lan client +1, desktop +5, refused +1, localhost +3, "
        "host network +3, own address +3, client inside -2, reverse proxy -2, inside fails -2, asks itself -2, "
        "gateway error -3", needs="desktop",
        means=message("The engine runs in a virtual machine: ports are published there, and localhost is another "
            "machine"),
        command="docker context ls; docker info --format '{{.OperatingSystem}}'", shows=VM_SHOWS),
    lean("input-drops-host-service", 3, "timeout +2, unreachable +3, prohibited +4, ufw +3, firewalld +2, "
        "input chain +4, drop +1, host network +4, own host +4, gateway name +4, client inside +1, "
        "firewall off helps +5, host works +2, outside fails +2, ping works +2, rootless +1, refused -4, reset -5, "
        "no name -3, host fails -3, to the internet -4, application -5, asks itself -4, gateway error -1, "
        "port in use -8", needs="timeout, unreachable, prohibited, ufw, firewalld, input chain, host network, firewall "
        "off helps, own host, gateway name, outside fails"),
    lean("input-chain-drops-proxied-traffic", 1, "unreachable +3, timeout +2, ufw +3, firewalld +3, own host +3, "
        "client inside +2, published on +3, input chain +3, ping works +2, hairpin +2, two containers +1, "
        "firewall off helps +3, refused -4, reset -5, no name -4, to the internet -3, host network -2, asks itself -4",
        needs="own host, gateway name, hairpin, input chain"),
    lean("firewalld-zone-blocks-port", 1, "firewalld +5, unreachable +3, prohibited +3, rootless +3, host network +3, "
        "outside fails +3, host works +2, timeout +1, refused -3, no name -2, to the internet -3, two containers -2, "
        "ufw -3", needs="firewalld"),
    lean("nft-base-chain-drop-other-table", 1, "nftables +5, drop +3, forward chain +2, timeout +2, input chain +1, "
        "after upgrade +1, refused -4, reset -5, no name -2, ufw -2, firewalld -1, asks itself -5", needs="nftables"),
    lean("two-iptables-backends-in-use", 1, "legacy +6, ufw +3, iptables +1, nftables +2, after upgrade +2, "
        "fresh rules +3, refused -3, asks itself -4, module -5", needs="legacy"),
    lean("", 1, "host works +4, outside fails +3, cloud +5, home +3, timeout +3, other port works +7, refused -4, "
        "reset -5, unreachable -3, client inside -4, host fails -6, to the internet -4, no name -5, two containers -4, "
        "gateway error -4, own address -4, vpn container -3, prohibited -4, macvlan -2",
        needs="cloud, home, host works, other port works",
        means=message("the packet is dropped before it reaches this host, by a cloud's security group, a router or a "
            "provider's firewall"),
        command="sudo tcpdump -ni any {protocol} port {port}", shows=message("no packet from the client comes in")),
    lean("docker-user-drops", 1, "docker-user +6, drop +3, timeout +1, outside fails +1, refused -3, reset -3, "
        "own host -3, no name -2, asks itself -5, input chain -2", needs="docker-user"),
    lean("raw-drop-direct-routing", 1, "new docker +5, direct +5, outside fails +1, after upgrade +3, refused -4, "
        "asks itself -5, to the internet -3, no name -3", needs="new docker"),
    lean("userland-proxy-off-no-route-localnet", 1,
        "userland-proxy +10, localhost +3, host fails +1, to the internet -3, no name -3", needs="userland-proxy"),
    lean("nat-loopback-on-cloud-address", 1, "hairpin +5, cloud +4, home +3, outside works +4, inside fails +1, "
        "host fails +2, timeout +1, refused -2, no name -3, outside fails -4, lxc -1, asks itself -4", needs="hairpin"),
    lean("docker-nat-chain-missing", 1, "restart helps +4, after reload +3, fresh rules +4, iptables +1, "
        "host works +1, iptables false +3, reset -3, no name -2, asks itself -4, application -5, kubernetes -2",
        needs="restart helps, after reload, fresh rules, iptables false"),
    lean("br-netfilter-off-hairpin", 1, "hairpin +3, two containers +3, timeout +2, hangs +1, published on +1, "
        "kubernetes +2, reset +1, refused -4, to the internet -3, no name -3, ufw -1, asks itself -4", needs="hairpin"),
    lean("hairpin-masquerade-missing", 1, "itself +4, translated +3, hairpin +5, lxc +2, libvirt +2, host works +1, "
        "outside works +3, inside fails +3, host fails -4, timeout +1, own host +1, refused -2, no name -3, "
        "to the internet -2, asks itself -4, ufw -2", needs="hairpin, outside works, itself"),
    lean("hairpin-mode-off", 1, "itself +7, hairpin +2, kubernetes +2, timeout +1, inside fails +1, refused -3, "
        "no name -3, to the internet -2, asks itself -5", needs="itself"),
    lean("", 0, "client address lost +14", needs="client address lost",
        means=message("A proxy or a translation on the way gives all clients one source address"),
        command="sudo iptables-save -t nat; sudo ss -lntup; docker info", shows=message("docker-proxy or a rootless "
            "forwarder has the port, or a MASQUERADE rule matches packets that come in")),
    lean("docker-proxy-udp-wrong-source", 1, "wrong source +16, udp +3, own host +2, reset -3", needs="wrong source"),
    lean("conntrack-entry-stale", 1, "udp +3, container restarted +5, sometimes +2, conntrack +5, restart helps +1, "
        "some clients +3, refused -4, reset -4, no name -4, to the internet -2, asks itself -5, application -4",
        needs="conntrack, container restarted"),
    lean("service-listens-on-wrong-family", 1, "ipv6 loopback +4, ipv6 +1, refused +3, localhost +1, reset +1, "
        "timeout -4, arp -4, to the internet -4, asks itself -2, no name -3, kubernetes -2", needs="ipv6 loopback"),
    lean("published-for-other-family", 1, "ipv6 +5, published on +2, outside fails +1, refused +2, arp -4, "
        "to the internet -3, client inside -2, kubernetes -2", needs="ipv6"),
    # --- the way out, and names ---
    lean("ip-forward-off", 2, "to the internet +2, client inside +1, timeout +1, forwarding off +10, after reload +1, "
        "after upgrade +1, restart helps +1, inside fails +1, refused -4, reset -5, host works -1, asks itself -5, "
        "two containers -2, own host -2, ping works -3, hangs -1, tls -2, prohibited -3, host fails -2",
        needs="to the internet, forwarding off, lan client, vpn, lxc"),
    lean("masquerade-missing", 2, "vpn +1, lan client +1, to the internet +3, client inside +1, timeout +1, "
        "fresh rules +3, iptables +1, nftables +1, host network helps +3, restart helps +2, iptables false +5, "
        "inside fails +1, marks +2, libvirt -2, refused -4, reset -5, asks itself -5, two containers -2, own host -2, "
        "ping works -3, host fails -3, internal -4, unreachable -1, prohibited -2",
        needs="to the internet, fresh rules, iptables false, marks, vpn"),
    lean("forward-policy-drop", 2, "direct +4, bridge-nf +4, new network +2, to the internet +2, drop +2, "
        "forward chain +4, iptables +1, timeout +1, client inside +1, ufw +1, lxc +3, libvirt +3, kubernetes +1, "
        "bridged +2, firewall off helps +2, vpn +1, refused -4, reset -5, asks itself -5, own host -2, no name -1, "
        "host fails -4, port in use -8",
        needs="forward chain, drop, lxc, libvirt, bridged, firewall off helps, bridge-nf, direct"),
    lean("ufw-forward-policy", 1, "ufw +4, to the internet +3, client inside +1, timeout +1, forward chain +2, "
        "legacy +2, firewall off helps +2, inside fails +1, refused -4, reset -5, own host -3, gateway name -3, "
        "input chain -2, host network -3", needs="ufw"),
    lean("firewalld-bridge-in-wrong-zone", 1, "firewalld +5, to the internet +2, unreachable +3, prohibited +3, "
        "two containers +3, client inside +1, no name +1, podman +1, refused -3, reset -4, host network -3, "
        "rootless -4, ufw -3", needs="firewalld"),
    lean("firewall-manager-flushed-rules", 1, "restart helps +6, after reload +4, fresh rules +3, iptables +1, "
        "nftables +1, refused -3, reset -4, asks itself -5, no name -1, application -5, port in use -6",
        needs="restart helps, after reload, fresh rules"),
    lean("docker-filter-chain-missing", 1, "fresh rules +6, to the internet +2, restart helps +2, iptables false +4, "
        "host network helps +2, after reload +1, refused -4, reset -5, asks itself -5",
        needs="fresh rules, iptables false"),
    lean("reject-rule-before-docker", 1, "unreachable +4, prohibited +5, to the internet +3, client inside +1, "
        "iptables +1, forward chain +2, drop +1, after reload +2, refused -4, reset -5, timeout -1, own host -3, "
        "gateway name -4, own address -2, host fails -3, macvlan -4, same range -3", needs="unreachable, prohibited"),
    lean("container-on-internal-network-only", 1, "internal +14, to the internet +4, client inside +1, port in use -6",
        needs="internal"),
    lean("output-policy-drop", 1, "not permitted +12, vpn +2, vpn container +2, host fails +2, iptables +1, drop +1, "
        "host network +2, refused -4, reset -4", needs="not permitted"),
    lean("mtu-black-hole", 1, "hangs +4, tls +3, large +3, ping works +4, vpn +3, overlay +2, cloud +1, "
        "to the internet +1, client inside +1, sometimes +1, gateway fails -8, refused -6, reset -1, unreachable -6, "
        "no name -3, prohibited -6, asks itself -5, port in use -8, arp -3", needs="hangs, large, ping works"),
    lean("", 1, "no name +6, to the internet +3, client inside +1, vpn +1, after upgrade +1, two containers -4, "
        "refused -1, ping works -1, gateway name -4", needs="no name",
        means=message("The container's name server does not answer the container"),
        command=NAME_SERVERS, shows=message("the container's network does not reach the container's name server")),
    lean("", 0, "http proxy +9, to the internet +2, client inside +1, reverse proxy -6, outside fails -3, "
        "two containers -3, gateway error -3", needs="http proxy",
        means=message("The way out leads through a proxy, which the client does not ask or does not reach"),
        command="docker info | grep -i proxy; docker exec {container} env | grep -i proxy; env | grep -i proxy",
            shows=message("the host has a proxy and the container has none, or the container does not reach the "
            "proxy's address")),
    lean("ipv6-forwarding-off", 1, "ipv6 +6, to the internet +3, client inside +2, timeout +1, refused -5, reset -5, "
        "published on -2, arp -4, asks itself -5, default route -1", needs="ipv6"),
    lean("docker-daemon-ip6tables-off", 1, "ipv6 +6, to the internet +2, client inside +1, published on +1, "
        "refused -3, reset -5, arp -3, asks itself -5, kubernetes -3, podman -3", needs="ipv6"),
    lean("ipv6-ra-ignored-when-forwarding", 1, "ipv6 +4, default route +6, sometimes +3, net unreachable +3, "
        "host fails +2, refused -5, reset -5, published on -2", needs="ipv6"),
    lean("answers-leave-by-other-uplink", 1, "vpn container +6, lan client +2, host works +3, outside fails +3, "
        "two uplinks +4, marks +2, timeout +1, vpn +1, refused -4, no name -4, to the internet -2, asks itself -4, "
        "host fails -3", needs="vpn container, two uplinks"),
    lean("rp-filter-strict", 1,
        "two uplinks +6, marks +5, timeout +1, bridged +1, refused -5, no name -3, asks itself -5, unreachable -2",
        needs="two uplinks, marks"),
    lean("host-default-route-missing", 1,
        "net unreachable +7, to the internet +2, host fails +1, refused -4, timeout -2, ipv6 -2",
        needs="net unreachable"),
    lean("container-default-route-missing", 1, "net unreachable +6, client inside +3, inside fails +2, macvlan +2, "
        "to the internet +2, refused -4, timeout -2, no name -1", needs="net unreachable"),
    lean("conntrack-table-full", 1,
        "sometimes +4, conntrack +6, timeout +1, hangs +1, refused -2, no name -1, asks itself -5", needs="conntrack"),
    lean("interface-name-hardcoded", 1, "interface named +4, other interface +4, vpn +1, after reload +1, "
        "after upgrade +1, to the internet +1, refused -4, asks itself -5, reset -5", needs="interface named"),
    lean("kernel-module-missing", 1, "module +14, after upgrade +2", needs="module"),
    # --- containers, hosts and networks among each other ---
    lean("loopback-is-the-container", 3, "asks itself +7, refused +3, client inside +2, two containers +2, "
        "localhost +1, own host +1, reverse proxy +1, gateway error +1, published on +1, timeout -5, unreachable -6, "
        "reset -5, no name -5, inside works -4, host network -3, listens elsewhere -4, port in use -8",
        needs="asks itself"),
    lean("no-common-network-for-name", 2, "no name +4, two containers +3, different networks +4, reverse proxy +2, "
        "gateway error +3, timeout +2, own address +2, refused -3, reset -4, to the internet -5, asks itself -4, "
        "host network -1, gateway name -4, own host -2, kubernetes -3",
        needs="two containers, different networks, reverse proxy"),
    lean("isolation-drops-between-bridges", 1, "timeout +3, own address +4, two containers +2, different networks +5, "
        "reverse proxy +3, gateway error +3, refused -5, reset -5, no name -4, to the internet -4, asks itself -4, "
        "gateway name -3, kubernetes -3, host fails -4", needs="own address, different networks, reverse proxy"),
    lean("default-bridge-has-no-names", 1, "no name +6, two containers +4, refused -2, timeout -2, to the internet -6, "
        "asks itself -4, kubernetes -4, swarm -2, podman -1", needs="no name"),
    lean("host-service-listens-on-loopback", 2, "refused +4, gateway name +5, own host +4, client inside +2, "
        "host works +2, listens on loopback +3, timeout -5, unreachable -6, reset -2, no name -5, to the internet -3, "
        "asks itself -2, reverse proxy -1", needs="gateway name, own host"),
    lean("bridge-subnet-overlaps-route", 2, "same range +8, some clients +7, new network +3, lan client +1, vpn +2, "
        "unreachable +3, timeout +1, host fails +1, refused -4, reset -5, asks itself -5, no name -2, port in use -8, "
        "application -5, firewalld -1, vpn container -3, macvlan -2",
        needs="same range, new network, vpn, some clients"),
    lean("macvlan-host-cannot-reach", 1,
        "macvlan +10, host fails +4, outside works +3, own host +2, own lan address +6, outside fails -7, refused -4",
        needs="macvlan, own lan address"),
    lean("upstream-filters-container-addresses", 1, "macvlan +5, ipvlan +2, hypervisor +5, bridged +4, "
        "outside fails +2, arp +2, cloud +2, lan client +1, timeout +1, refused -5, reset -5, no name -2, "
        "asks itself -5, published on -2", needs="macvlan, hypervisor, ipvlan"),
    lean("arp-not-answered", 1, "arp +7, unreachable +2, ipv6 +2, bridged +2, hypervisor +2, macvlan +1, "
        "lan client +1, refused -5, reset -5, asks itself -5, no name -3", needs="arp"),
    lean("equal-hardware-addresses", 1, "same mac +10, sometimes +2, bridged +1, lxc +1, refused -3, asks itself -5",
        needs="same mac"),
    lean("engine-resolver-gone", 1, "podman +3, no name +4, aardvark +5, two containers +1, refused -2",
        needs="podman"),
    lean("podman-rules-missing", 1, "podman +4, after reload +5, restart helps +3, outside fails +1, refused -3, "
        "no name -1, rootless -6, asks itself -5", needs="podman"),
    lean("bridge-down", 1, "bridge is down +6, unreachable +2, host fails +1, refused -3, asks itself -5, exited -4",
        needs="bridge is down"),
    lean("vxlan-port-blocked", 1,
        "overlay +5, nodes +5, timeout +2, swarm +2, kubernetes +1, refused -4, asks itself -5", needs="overlay"),
    lean("third-party-forward-chain-drops", 1, "forward chain +3, drop +3, nftables +2, vpn +1, libvirt +2, lxc +2, "
        "refused -4, reset -5, asks itself -5, no name -2", needs="forward chain, drop"),
    lean("manager-claims-container-links", 1, "manager and veth +12", needs="manager and veth"),
    lean("client-inside-container-subnet", 1, "same range +5, some clients +6, rootless +1, lan client +2, "
        "unreachable +2, refused -4, reset -5, asks itself -5, no name -3", needs="same range, some clients"),
)  # fmt: skip
