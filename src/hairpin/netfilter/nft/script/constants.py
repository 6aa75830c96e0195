"""Replaces names of ports in scripts.  nft looks such names up in /etc/services when it reads a script, so the kernel
has only numbers.

Source: nftables src/datatype.c inet_service_type_parse(); IANA service-name registry as in Debian's netbase
"""

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.nft.syntax import Json, content, named

SERVICES = {
    "tcpmux": 1, "echo": 7, "discard": 9, "systat": 11, "daytime": 13, "netstat": 15, "qotd": 17, "chargen": 19,
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "mail": 25, "time": 37, "whois": 43, "tacacs": 49,
    "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "www": 80,
    "kerberos": 88, "iso-tsap": 102, "pop3": 110, "sunrpc": 111, "portmapper": 111, "auth": 113, "ident": 113,
    "nntp": 119, "ntp": 123, "epmap": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143,
    "imap": 143, "snmp": 161, "snmp-trap": 162, "snmptrap": 162, "cmip-man": 163, "cmip-agent": 164, "mailq": 174,
    "xdmcp": 177, "bgp": 179, "smux": 199, "qmtp": 209, "z3950": 210, "ipx": 213, "ptp-event": 319,
    "ptp-general": 320, "pawserv": 345, "zserv": 346, "rpc2portmap": 369, "codaauth2": 370, "clearcase": 371,
    "ldap": 389, "svrloc": 427, "https": 443, "snpp": 444, "microsoft-ds": 445, "kpasswd": 464, "submissions": 465,
    "ssmtp": 465, "smtps": 465, "urd": 465, "saft": 487, "isakmp": 500, "exec": 512, "biff": 512, "login": 513,
    "who": 513, "shell": 514, "syslog": 514, "printer": 515, "talk": 517, "ntalk": 518, "route": 520, "gdomap": 538,
    "uucp": 540, "klogin": 543, "kshell": 544, "dhcpv6-client": 546, "dhcpv6-server": 547, "afpovertcp": 548,
    "rtsp": 554, "nntps": 563, "nqs": 607, "submission": 587, "ipp": 631, "ldaps": 636, "ldp": 646, "tinc": 655,
    "silc": 706, "kerberos-adm": 749, "domain-s": 853, "rsync": 873, "ftps-data": 989, "ftps": 990, "telnets": 992,
    "imaps": 993, "pop3s": 995, "socks": 1080, "proofd": 1093, "rootd": 1094, "openvpn": 1194, "rmiregistry": 1099,
    "lotusnote": 1352, "ms-sql-s": 1433, "ms-sql-m": 1434, "ingreslock": 1524, "datametrics": 1645,
    "sa-msg-port": 1646, "kermit": 1649, "l2f": 1701, "l2tp": 1701, "radius": 1812, "radius-acct": 1813,
    "cisco-sccp": 2000, "nfs": 2049, "gnunet": 2086, "rtcm-sc104": 2101, "gsigatekeeper": 2119, "gris": 2135,
    "cvspserver": 2401, "venus": 2430, "mon": 2583, "zebra": 2601, "gpsd": 2947, "icpv2": 3130, "isns": 3205,
    "mysql": 3306, "rdp": 3389, "ms-wbt-server": 3389, "nut": 3493, "distcc": 3632, "daap": 3689, "svn": 3690,
    "suucp": 4031, "sysrqd": 4094, "epmd": 4369, "ipsec-nat-t": 4500, "iax": 4569, "mtn": 4691, "radmin-port": 4899,
    "sip": 5060, "sip-tls": 5061, "sips": 5061, "xmpp-client": 5222, "xmpp-server": 5269, "cfengine": 5308,
    "mdns": 5353, "postgresql": 5432, "freeciv": 5556, "amqps": 5671, "amqp": 5672, "x11": 6000, "gnutella-svc": 6346,
    "redis": 6379, "sge-qmaster": 6444, "mysql-proxy": 6446, "ircd": 6667, "babel": 6696, "ircs-u": 6697,
    "bbs": 7000, "font-service": 7100, "http-alt": 8080, "webcache": 8080, "puppet": 8140, "bacula-dir": 9101,
    "bacula-fd": 9102, "bacula-sd": 9103, "git": 9418, "zabbix-agent": 10050, "zabbix-trapper": 10051,
    "amanda": 10080,
}  # fmt: skip


def with_ports(left: Json, right: Json) -> Json:
    """Return the right side of a comparison with ``left``, with the names of ports replaced by numbers."""
    parts = _parts(left)
    if not any(map(_is_port, parts)):
        return right
    return _numbered(right, [_is_port(each) for each in parts])


def with_ports_of(types: list[str], elements: Json) -> Json:
    """Return the elements of a set of these data types, with the names of ports replaced by numbers."""
    of_ports = [each == "inet_service" for each in types]
    return _numbered(elements, of_ports) if any(of_ports) else elements


def _parts(left: Json) -> list[Json]:
    inner = left["concat"] if isinstance(left, dict) and "concat" in left else None
    return inner if isinstance(inner, list) else [left]


def _is_port(left: Json) -> bool:
    inner = content(left)
    return (named(left) == "payload" and inner.get("field") in ("sport", "dport")) or (
        named(left) == "ct" and inner.get("key") in ("proto-src", "proto-dst")
    )


def _numbered(value: Json, of_ports: list[bool]) -> Json:
    if isinstance(value, list):
        return [_numbered(each, of_ports) for each in value]
    if isinstance(value, str):
        return _port(value) if of_ports == [True] else value
    if not isinstance(value, dict):
        return value
    name, inner = next(iter(value.items()))
    match name:
        case "concat" if isinstance(inner, list) and len(inner) == len(of_ports):
            return {name: [_numbered(each, [port]) for each, port in zip(inner, of_ports, strict=True)]}
        case "set" if isinstance(inner, list):
            return {name: [_element(each, of_ports) for each in inner]}
        case "elem" if isinstance(inner, dict):
            return {name: {**inner, "val": _numbered(inner["val"], of_ports)}}
        case "range" if isinstance(inner, list):
            return {name: [_numbered(each, of_ports) for each in inner]}
        case "map" if isinstance(inner, dict) and of_ports == [True]:
            return {name: {**inner, "data": _data(inner["data"])}}
        case _:
            return value


def _element(value: Json, of_ports: list[bool]) -> Json:
    if isinstance(value, list) and len(value) == 2:
        return [_numbered(value[0], of_ports), value[1]]
    return _numbered(value, of_ports)


def _data(value: Json) -> Json:
    """Return a map whose values are ports, with the names of ports replaced by numbers."""
    pairs = value.get("set") if isinstance(value, dict) else None
    if not isinstance(pairs, list):
        return value
    return {
        "set": [
            [each[0], _numbered(each[1], [True])] if isinstance(each, list) and len(each) == 2 else each
            for each in pairs
        ]
    }


def _port(word: str) -> Json:
    if word == "*" or word.startswith("@"):
        return word
    if word not in SERVICES:
        raise MalformedError(message("hairpin does not know the port of {name}", name=word))
    return SERVICES[word]
