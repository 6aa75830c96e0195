"""Writes a sysctl, with the kernel's side effects.

Source: net/ipv4/devinet.c devinet_sysctl_forward(), inet_forward_change(); net/ipv6/addrconf.c
addrconf_fixup_forwarding()
"""

from hairpin.host.sysctl import Path, Sysctls

IP_FORWARD: Path = ("net", "ipv4", "ip_forward")
_ALL4: Path = ("net", "ipv4", "conf", "all", "forwarding")
_REDIRECTS4: Path = ("net", "ipv4", "conf", "all", "accept_redirects")
_ALL6: Path = ("net", "ipv6", "conf", "all", "forwarding")


def with_sysctl(sysctls: Sysctls, path: Path, value: str) -> Sysctls:
    """Return the values after the write.

    ``ip_forward`` and ``conf.all.forwarding`` are one value.  When this value *changes*, the kernel copies it to
    ``default`` and to every interface, and sets ``all.accept_redirects`` to the opposite value.  IPv6 copies ``all`` at
    every write, even if the value stays the same.
    """
    before = sysctls.text(*(_ALL4 if path == IP_FORWARD else path))
    changed = sysctls.with_value(path, value)
    if path in (IP_FORWARD, _ALL4):
        changed = changed.with_value(IP_FORWARD, value).with_value(_ALL4, value)
        if before == value:
            return changed
        if changed.text(*_REDIRECTS4) is not None:
            changed = changed.with_value(_REDIRECTS4, "1" if value == "0" else "0")
        return _copied(changed, "ipv4", value)
    if path == _ALL6:
        return _copied(changed, "ipv6", value)
    return changed


def _copied(sysctls: Sysctls, family: str, value: str) -> Sysctls:
    values = dict(sysctls.values)
    for path in sysctls.values:
        if len(path) == 5 and path[1] == family and path[2] == "conf" and path[4] == "forwarding":
            values[path] = value
    return Sysctls(values, sysctls.evidence)
