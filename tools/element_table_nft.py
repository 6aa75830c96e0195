"""The elements of nftables' JSON for element_table.py: the name of each, and a statement in JSON as its example.

Source: libnftables-json(5)
"""

ADDRESS = '{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.1"}}'


def _match(left: str, right: str = "1", operator: str = "==") -> str:
    return f'{{"match": {{"op": "{operator}", "left": {left}, "right": {right}}}}}'


def _payload(protocol: str, field: str, right: str = "1") -> str:
    return _match(f'{{"payload": {{"protocol": "{protocol}", "field": "{field}"}}}}', right)


def _key(name: str, key: str, right: str = "1", more: str = "") -> str:
    return _match(f'{{"{name}": {{"key": "{key}"{more}}}}}', right)


def _set(name: str, key: str, value: str = "1") -> str:
    return f'{{"mangle": {{"key": {{"{name}": {{"key": "{key}"}}}}, "value": {value}}}}}'


_SADDR = '{"payload": {"protocol": "ip", "field": "saddr"}}'
_DPORT = '{"payload": {"protocol": "tcp", "field": "dport"}}'
_ORIGINAL = ', "dir": "original"'

EXACT: dict[str, str] = {
    "arp htype, ptype, hlen, plen, operation, saddr ip, daddr ip, saddr ether, daddr ether": _payload(
        "arp", "operation"
    ),
    "ip saddr, daddr, protocol, ttl, dscp, ecn, length": ADDRESS,
    "ip frag-off & 0x1fff": _match('{"&": [{"payload": {"protocol": "ip", "field": "frag-off"}}, 8191]}', "0", "!="),
    "ip6 saddr, daddr, nexthdr, hoplimit, dscp, ecn, length": _payload("ip6", "hoplimit"),
    "tcp, udp, udplite, sctp, dccp, th: sport, dport": _payload("tcp", "dport"),
    "tcp flags": _payload("tcp", "flags", '"syn"'),
    "icmp type, code": _payload("icmp", "type", '"echo-request"'),
    "icmpv6 type, code": _payload("icmpv6", "type", '"echo-request"'),
    "ether saddr, daddr, type": _payload("ether", "saddr", '"02:00:00:00:00:01"'),
    "exthdr hbh, rt, frag, srh: exists, missing": _match('{"exthdr": {"name": "frag"}}', "true"),
    "meta nfproto, l4proto, protocol": _key("meta", "l4proto", '"tcp"'),
    "meta mark": _key("meta", "mark"),
    "meta iifgroup, oifgroup": _key("meta", "iifgroup"),
    "meta iif, oif, iifname, oifname": _key("meta", "iifname", '"eth0"'),
    "meta length": _key("meta", "length"),
    "meta pkttype": _key("meta", "pkttype", '"broadcast"'),
    "meta skuid, skgid": _key("meta", "skuid"),
    "meta ipsec": _key("meta", "ipsec", "true"),
    "rt ipsec": _key("rt", "ipsec", "true"),
    "ct state": _match('{"ct": {"key": "state"}}', '["established", "related"]', "in"),
    "ct status": _match('{"ct": {"key": "status"}}', '"dnat"', "in"),
    "ct mark, zone, direction, l3proto, protocol": _key("ct", "mark"),
    "ct original, reply: ip saddr, ip daddr, proto-src, proto-dst": _key("ct", "ip saddr", '"10.0.0.1"', _ORIGINAL),
    "fib saddr, daddr: type": _match('{"fib": {"result": "type", "flags": ["daddr"]}}', '"local"'),
    "fib saddr: oif exists, missing": _match('{"fib": {"result": "oif", "flags": ["saddr", "iif"]}}', "false"),
    "socket transparent, wildcard": _key("socket", "wildcard", "0"),
    "sets, maps, concatenations, ranges, prefixes": _match(f'{{"concat": [{_SADDR}, {_DPORT}]}}', '"@pairs"'),
    "& | ^ << >>": _match('{"&": [{"meta": {"key": "mark"}}, 255]}'),
    "accept, drop, return, continue": '{"drop": null}',
    "jump, goto": '{"jump": {"target": "web"}}',
    "vmap": f'{{"vmap": {{"key": {_DPORT}, "data": {{"set": [[22, {{"accept": null}}]]}}}}}}',
    "reject": '{"reject": {"type": "icmpx", "expr": "port-unreachable"}}',
    "snat, dnat, masquerade, redirect": '{"dnat": {"addr": "10.0.0.1", "port": 80}}',
    "dnat to a map": (f'{{"dnat": {{"addr": {{"map": {{"key": {_DPORT}, "data": {{"set": [[80, "10.0.0.1"]]}}}}}}}}}}'),
    "notrack": '{"notrack": null}',
    "meta mark set": _set("meta", "mark"),
    "ct mark set": _set("ct", "mark"),
    "ct zone set": _set("ct", "zone"),
    "ip dscp set, ip ttl set, ip saddr set …": (
        '{"mangle": {"key": {"payload": {"protocol": "ip", "field": "ttl"}}, "value": 64}}'
    ),
    "meta priority set, nftrace set": _set("meta", "nftrace"),
    "counter": '{"counter": {"packets": 0, "bytes": 0}}',
    "log": '{"log": {"prefix": "x"}}',
    "last": '{"last": null}',
    "dup": '{"dup": {"addr": "10.0.0.1"}}',
    "flow add": '{"flow": {"op": "add", "flowtable": "@f"}}',
    "ct helper set, ct timeout set, ct expectation set": '{"ct helper": "ftp"}',
    "secmark": '{"secmark": "x"}',
    "add, update, delete @set": f'{{"set": {{"op": "add", "elem": {_SADDR}, "set": "@seen"}}}}',
    "reset tcp option": '{"reset": {"tcp option": {"name": "maxseg"}}}',
    "tcp option set": '{"mangle": {"key": {"tcp option": {"name": "maxseg", "field": "size"}}, "value": 1400}}',
}
STATEFUL: dict[str, str] = {
    "limit": '{"limit": {"rate": 5, "per": "second", "burst": 5}}',
    "quota": '{"quota": {"val": 5, "val_unit": "bytes"}}',
    "ct count": '{"ct count": {"val": 5}}',
    "meter": f'{{"meter": {{"name": "m", "key": {_SADDR}, "stmt": {{"limit": {{"rate": 5, "per": "second"}}}}}}}}',
    "numgen": _match('{"numgen": {"mode": "random", "mod": 2}}', "0"),
    "jhash": _match(f'{{"jhash": {{"expr": {_SADDR}, "mod": 2}}}}', "0"),
    "symhash": _match('{"symhash": {"mod": 2}}', "0"),
    "meta random": _key("meta", "random"),
    "meta time, day, hour": _key("meta", "day", '"Monday"'),
    "ct bytes, packets, avgpkt": _key("ct", "bytes"),
    "ct expiration": _key("ct", "expiration"),
}
OUTSIDE: dict[str, str] = {
    "ip id, checksum, hdrlength": _payload("ip", "id"),
    "ip option": _match('{"ip option": {"name": "lsrr"}}', "true"),
    "ip6 flowlabel": _payload("ip6", "flowlabel"),
    "tcp sequence, ackseq, doff, window, checksum, urgptr": _payload("tcp", "sequence"),
    "tcp option": _match('{"tcp option": {"name": "maxseg"}}', "true"),
    "udp, udplite length, checksum": _payload("udp", "length"),
    "icmp id, sequence, mtu, gateway, checksum": _payload("icmp", "id"),
    "icmpv6 id, sequence, mtu, max-delay, checksum": _payload("icmpv6", "id"),
    "sctp vtag, checksum": _payload("sctp", "vtag"),
    "sctp chunk": _match('{"sctp chunk": {"name": "data"}}', "true"),
    "dccp type, option": _payload("dccp", "type"),
    "ah, esp, comp": _payload("esp", "spi"),
    "igmp, gre, vxlan, geneve": _payload("igmp", "mrt"),
    "vlan": _payload("vlan", "id"),
    "@ll, @nh, @th, @ih": _match('{"payload": {"base": "th", "offset": 40, "len": 8}}'),
    "exthdr: fields of a header; dst, mh": _match('{"exthdr": {"name": "frag", "field": "id"}}'),
    "meta iiftype (but ether), oiftype, iifkind, oifkind, ibrname, obrname, sdif": _key("meta", "iifkind"),
    "meta cpu, cgroup, priority, rtclassid, secpath's rest": _key("meta", "cpu"),
    "ct label, helper, id, event": _key("ct", "label"),
    "ct original, reply: zone": _key("ct", "zone", "1", _ORIGINAL),
    "fib with an oif's name or number, or the mark": _match(
        '{"fib": {"result": "oifname", "flags": ["daddr"]}}', '"eth0"'
    ),
    "rt classid, nexthop, mtu": _key("rt", "classid"),
    "socket mark, cgroupv2": _key("socket", "mark"),
    "ipsec spi, reqid, saddr, daddr": _match('{"ipsec": {"key": "spi", "dir": "in", "spnum": 0}}'),
    "osf": _match('{"osf": {"key": "name"}}', '"Linux"'),
    "tunnel": _key("tunnel", "id"),
    "queue": '{"queue": {"num": 1}}',
    "fwd": '{"fwd": {"dev": "eth0"}}',
    "tproxy": '{"tproxy": {"addr": "10.0.0.1", "port": 80}}',
    "synproxy": '{"synproxy": {"mss": 1460}}',
    "jump, goto to a chain without a name": '"jump {\\n\\taccept\\n}"',
    "meta pkttype set; ether daddr set in family bridge": (
        '{"mangle": {"key": {"meta": {"key": "pkttype"}}, "value": "host"}}'
    ),
    "ip id set … (a field that hairpin does not keep)": (
        '{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"numgen": {"mode": "random", "mod": 2}}}}'
    ),
    "xt (an extension of iptables in nft's listing)": '{"xt": {"type": "match", "name": "bpf"}}',
}
