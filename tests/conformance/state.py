"""One network namespace with something of each kind that hairpin reads, made by this machine's tools.

Things that the running kernel does not have (``ip link add type dummy`` on some) are left out and reported.
"""

import shlex
import socket
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress

from tests.conformance.userland import ToolRefusedError, Userland

LINKS = """
ip link set lo up
ip link add a0 type veth peer name a1
ip link add b0 address 02:00:00:00:00:b0 type veth peer name b1 address 02:00:00:00:00:b1
ip link add c0 type veth peer name c1
ip link add br0 type bridge
ip link set br0 type bridge vlan_filtering 1
ip link add br1 type bridge nf_call_iptables 1 nf_call_ip6tables 1 forward_delay 0
ip link add mac0 link a0 type macvlan mode private
ip link add mac1 link a0 type macvlan mode bridge
ip link add vx0 type vxlan id 42 dstport 4789 dev a0 remote 192.0.2.9
ip link add vx1 type vxlan id 43 dstport 0 dev a0 group 239.1.1.1
ip link add ifb0 type ifb
ip link add dummy0 type dummy
ip link add vlan5 link a0 type vlan id 5
ip link add vlan6 link a0 type vlan protocol 802.1ad id 6
ip link add bond0 type bond mode active-backup
ip link add vrf0 type vrf table 77
ip link add ipvl0 link c0 type ipvlan mode l3
ip link add wg0 type wireguard
ip link add gre0x type gre local 192.0.2.1 remote 192.0.2.2
ip tuntap add tun0 mode tun
ip tuntap add tap0 mode tap
ip link set a1 alias "the other end"
ip link property add dev a1 altname enp0s31f6
ip link set b0 master br0
ip link set c0 master br1
ip link set tap0 master br0
ip link set vlan5 master vrf0
ip link set a0 mtu 1400 up
ip link set a1 up
ip link set b0 up
ip link set b1 up
ip link set c0 up
ip link set c1 up
ip link set br0 up
ip link set br1 up
ip link set mac0 up
ip link set vx0 up
ip link set dummy0 up
ip link set tun0 up
ip link set a1 arp off
bridge link set dev b0 hairpin on isolated on guard on
bridge link set dev b0 learning off flood off
bridge link set dev tap0 neigh_suppress on
bridge vlan add dev b0 vid 10 pvid untagged
bridge vlan add dev b0 vid 20-30
bridge vlan add dev br0 vid 10 self
bridge vlan del dev tap0 vid 1
"""

ADDRESSES = """
ip addr add 192.0.2.1/24 dev a0
ip addr add 192.0.2.11/24 brd + dev a0 label a0:x
ip addr add 198.51.100.1 peer 198.51.100.2 dev tun0
ip addr add 203.0.113.1/24 dev br0 scope link valid_lft 3600 preferred_lft 0
ip addr add 203.0.113.129/25 dev br1 valid_lft 3600 preferred_lft 1800
ip addr add 2001:db8::1/64 dev a0 nodad
ip addr add 2001:db8:1::1/64 dev br1 nodad valid_lft 3600 preferred_lft 0
ip addr add 2001:db8:2::1/128 dev lo nodad
ip addr add 2001:db8:3::1/64 dev a0 noprefixroute nodad
"""

ROUTES = """
ip route add default via 192.0.2.254 dev a0 metric 100
ip route add 10.0.0.0/8 via 192.0.2.253 src 192.0.2.11 mtu 1300
ip route add 10.1.0.0/16 via 192.0.2.253 mtu lock 1280 advmss 1200 window 4000
ip route add blackhole 10.2.0.0/16
ip route add unreachable 10.3.0.0/16 metric 5
ip route add prohibit 10.4.0.0/16 proto static
ip route add throw 10.5.0.0/16 table 100
ip route add 10.6.0.0/16 nexthop via 192.0.2.253 dev a0 weight 3 nexthop via 203.0.113.200 dev br1 weight 1
ip route add 10.7.0.0/16 via inet6 2001:db8::fe dev a0
ip route add 10.8.0.0/16 via 172.31.0.1 dev a0 onlink
ip route add 10.9.0.0/16 dev b1 scope link proto bird
ip route add 10.9.0.0/16 tos 0x10 dev a0
ip route add local 10.10.0.0/16 dev lo table local
ip route add broadcast 10.11.255.255 dev a0 table local
ip route add multicast 224.9.9.9 dev a0 table 100
ip route add default via 192.0.2.253 table 100 proto dhcp
ip route add 10.12.0.0/16 dev dummy0 table 4000000000
ip route add 10.13.0.0/16 dev a0 rto_min 10ms congctl reno initcwnd 20 features ecn
ip nexthop add id 1 via 192.0.2.253 dev a0
ip nexthop add id 2 via 2001:db8::fe dev a0
ip nexthop add id 3 blackhole
ip nexthop add id 4 via 203.0.113.200 dev br1
ip nexthop add id 10 group 1,5/4,2
ip nexthop add id 11 group 1/4
ip route add 10.14.0.0/16 nhid 1
ip route add 10.15.0.0/16 nhid 10
ip route add 10.16.0.0/16 nhid 3
ip route add 10.17.0.0/16 encap ip id 9 dst 192.0.2.253 dev a0
ip -6 route add default via 2001:db8::fe dev a0 metric 1024 pref high
ip -6 route add 2001:db8:a::/48 from 2001:db8::/64 via 2001:db8::fd dev a0
ip -6 route add 2001:db8:b::/48 nexthop via 2001:db8::fe dev a0 nexthop via 2001:db8::fd dev a0 weight 2
ip -6 route add unreachable 2001:db8:c::/48
ip -6 route add blackhole 2001:db8:d::/48 table 100
ip -6 route add prohibit 2001:db8:e::/48
ip -6 route add throw 2001:db8:f::/48 table 100
ip -6 route add 2001:db8:10::/48 via fe80::1 dev a0 mtu 1280 src 2001:db8::1
ip -6 route add 2001:db8:11::/48 nhid 2
ip -6 route add anycast 2001:db8::77 dev a0 table local
ip -6 route add 2001:db8:12::/48 via fe80::1 dev a0 expires 3600
ip -6 route add 2001:db8:13::/48 encap seg6 mode encap segs 2001:db8::fe dev a0
ip link set c1 down
ip rule add from 10.0.0.0/8 lookup 100 priority 100
ip rule add to 203.0.113.0/24 lookup main suppress_prefixlength 0 priority 101
ip rule add fwmark 0x10/0xff lookup 100 priority 102
ip rule add fwmark 0x20 lookup default priority 103
ip rule add iif a0 unreachable priority 104
ip rule add oif br0 prohibit priority 105
ip rule add tos 0x10 blackhole priority 106
ip rule add ipproto tcp sport 1000-2000 dport 80 lookup 100 priority 107
ip rule add ipproto 47 lookup 100 priority 108
ip rule add uidrange 1000-2000 lookup 100 priority 109
ip rule add not from 192.0.2.0/24 lookup 100 priority 110
ip rule add from all lookup 100 suppress_ifgroup 7 priority 111
ip rule add goto 200 from 192.0.2.77 priority 112
ip rule add goto 250 priority 113
ip rule add nop priority 200
ip rule add tun_id 7 lookup 100 priority 201
ip rule add l3mdev priority 1000
ip rule add from 10.9.9.9 lookup 4000000000 protocol static priority 1001
ip -6 rule add from 2001:db8::/32 fwmark 0x1 lookup 100 priority 100
ip -6 rule add iif nosuch0 ipproto ipv6-icmp lookup 100 priority 101
ip -6 rule add tos 0x8 to 2001:db8:5::/48 blackhole priority 102
"""

NEIGHBOURS = """
ip neigh add 192.0.2.20 lladdr 02:00:00:00:00:20 dev a0 nud permanent
ip neigh add 192.0.2.21 lladdr 02:00:00:00:00:21 dev a0 nud reachable
ip neigh add 192.0.2.22 lladdr 02:00:00:00:00:22 dev a0 nud stale
ip neigh add 192.0.2.23 lladdr 02:00:00:00:00:23 dev a0 nud noarp
ip neigh add proxy 192.0.2.24 dev a0
ip neigh add 192.0.2.25 lladdr 02:00:00:00:00:25 dev a0 nud permanent router
ip neigh add 192.0.2.26 lladdr 02:00:00:00:00:26 dev a0 nud permanent extern_learn
ip -6 neigh add 2001:db8::20 lladdr 02:00:00:00:00:20 dev a0 nud permanent router
ip -6 neigh add proxy 2001:db8::24 dev a0
bridge fdb add 02:00:00:00:00:30 dev b0 master static
bridge fdb add 02:00:00:00:00:36 dev b0 master static vlan 10
bridge fdb add 02:00:00:00:00:31 dev b0 master dynamic
bridge fdb add 02:00:00:00:00:32 dev b0 master permanent
bridge fdb append 02:00:00:00:00:33 dev vx0 dst 192.0.2.33 self permanent
bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.34 port 8472 vni 99 self permanent
bridge fdb append 00:00:00:00:00:00 dev vx0 dst 2001:db8::34 self permanent
bridge fdb add 02:00:00:00:00:35 dev b0 master extern_learn
tc qdisc add dev a0 clsact
tc filter add dev a0 ingress protocol ip matchall action drop
tc filter add dev a0 egress protocol ip u32 match ip dst 10.99.0.0/16 action pass
tc qdisc add dev c0 ingress
tc filter add dev c0 parent ffff: protocol all matchall action mirred egress redirect dev b0
"""

SETS = """
ipset create one bitmap:ip range 192.0.2.0/24
ipset add one 192.0.2.4-192.0.2.6
ipset create two bitmap:ip,mac range 192.0.2.0/24
ipset add two 192.0.2.7,02:00:00:00:00:07
ipset create three bitmap:port range 0-1023 timeout 3000
ipset add three 80-82
ipset create four hash:ip netmask 24 counters comment
ipset add four 10.0.0.1 packets 3 bytes 300 comment "a net"
ipset create five hash:ip family inet6 hashsize 64 maxelem 100 forceadd
ipset add five 2001:db8::5
ipset create six hash:mac
ipset add six 02:00:00:00:00:06
ipset create seven hash:net skbinfo
ipset add seven 10.0.0.0/8 skbmark 0x1/0xff skbprio 1:10 skbqueue 3
ipset add seven 10.9.0.0/16 nomatch
ipset add seven 0.0.0.0/1
ipset create eight hash:net,net
ipset add eight 10.0.0.0/8,192.0.2.0/24
ipset create nine hash:ip,port timeout 0
ipset add nine 10.0.0.1,tcp:80
ipset add nine 10.0.0.1,icmp:ping timeout 3000
ipset add nine 10.0.0.1,47:0
ipset create ten hash:net,port family inet6
ipset add ten 2001:db8::/32,udp:53
ipset add ten 2001:db8::/32,icmpv6:ping
ipset create eleven hash:ip,port,ip
ipset add eleven 10.0.0.1,sctp:80,10.0.0.2
ipset create twelve hash:ip,port,net
ipset add twelve 10.0.0.1,tcp:80-82,10.1.0.0/16
ipset create thirteen hash:net,port,net
ipset add thirteen 10.2.0.0/16,udplite:7,10.1.0.0/16
ipset create fourteen hash:net,iface
ipset add fourteen 10.2.0.0/16,a0
ipset add fourteen 10.3.0.0/16,physdev:b0
ipset create fifteen hash:ip,mark markmask 0xff
ipset add fifteen 10.2.0.1,0x12
ipset create sixteen hash:ip,mac
ipset add sixteen 10.2.0.1,02:00:00:00:00:16
ipset create seventeen list:set
ipset add seventeen one
ipset add seventeen four
ipset create eighteen hash:ip bitmask 255.0.255.0
ipset add eighteen 10.2.3.4
ipset create nineteen hash:ip bucketsize 6 initval 0x12345678
ipset add nineteen 10.2.3.4
"""

CONNECTIONS = """
conntrack -I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 --state ESTABLISHED -u SEEN_REPLY -t 600 -m 7
conntrack -I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1001 --dport 80 --state SYN_SENT -t 60 --zone 5
conntrack -I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1002 --dport 80 --state TIME_WAIT -u ASSURED,SEEN_REPLY -t 600
conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 53 --dst-nat 10.9.0.2 -t 600
conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1001 --dport 53 -t 600 -m 0xff000001
conntrack -I -p icmp -s 10.0.0.1 -d 10.0.0.2 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 600
conntrack -I -p sctp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 -t 600
conntrack -I -p dccp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --state OPEN --role client -t 600
conntrack -I -p gre -s 10.0.0.1 -d 10.0.0.2 --srckey 1 --dstkey 2 -t 600
conntrack -I -p 41 -s 10.0.0.1 -d 10.0.0.3 -t 600
conntrack -I -p tcp -s 2001:db8::1 -d 2001:db8::2 --sport 1 --dport 2 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 600
conntrack -I -p udp -s 2001:db8::1 -d 2001:db8::2 --sport 1 --dport 2 --src-nat 2001:db8::9 -t 600
conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 7 --dport 8 --dst-nat 10.7.0.1:8080 -t 600
conntrack -I -p icmpv6 -s 2001:db8::1 -d 2001:db8::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 7 -t 600
"""


def made(tools: Userland) -> tuple[str, ...]:
    """Make all of it in this process's network namespace; return the commands that the kernel refused."""
    refused: list[str] = []
    for line in f"{LINKS}{ADDRESSES}{ROUTES}{NEIGHBOURS}{CONNECTIONS}".split("\n"):
        if line:
            try:
                tools.run(*shlex.split(line))
            except ToolRefusedError:
                refused.append(line)
    _wait_until_settled(tools)
    return tuple(refused)


def sets(tools: Userland) -> frozenset[str]:
    """Make the sets anew with the suite's own ipset; return the names of those that it makes whole on this kernel.

    A tool lists no set of a revision that it does not know, so each has to make its own.
    """
    removed(tools)
    names: dict[str, bool] = {}
    for line in filter(None, SETS.split("\n")):
        words = shlex.split(line)
        try:
            tools.run(*words)
            names.setdefault(words[2], True)
        except ToolRefusedError:
            names[words[2]] = False
    for name in (name for name, whole in names.items() if not whole):
        with suppress(ToolRefusedError):
            tools.run("ipset", "destroy", name)
    return frozenset(name for name, whole in names.items() if whole)


def removed(tools: Userland) -> None:
    """Remove the sets, which would disturb the tools' own tests; the links do not."""
    tools.run("ipset", "flush")
    tools.run("ipset", "destroy")


def _wait_until_settled(tools: Userland) -> None:
    """Return when links have said whether they have a carrier and no address is tentative any more."""
    before = ""
    for _ in range(50):
        now = tools.run("ip", "-j", "-d", "addr")
        if now == before and "tentative" not in now:
            return
        before = now
        time.sleep(0.1)


@contextmanager
def listening() -> Generator[None]:
    """Hold sockets of each kind in this process's network namespace."""
    with ExitStack() as opened:
        for family, kind, address, device, only in (
            (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0", "", False),
            (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", "", False),
            (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0", "a0", False),
            (socket.AF_INET, socket.SOCK_DGRAM, "0.0.0.0", "", False),
            (socket.AF_INET, socket.SOCK_DGRAM, "192.0.2.1", "a0", False),
            (socket.AF_INET6, socket.SOCK_STREAM, "::", "", False),
            (socket.AF_INET6, socket.SOCK_STREAM, "::", "", True),
            (socket.AF_INET6, socket.SOCK_STREAM, "::1", "", True),
            (socket.AF_INET6, socket.SOCK_DGRAM, "::", "lo", True),
            (socket.AF_INET6, socket.SOCK_DGRAM, "2001:db8::1", "", False),
        ):
            one = opened.enter_context(socket.socket(family, kind))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
            if device:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            one.bind((address, 0))
            if kind == socket.SOCK_STREAM:
                one.listen(7)
        yield
