"""The loopback link has lost the address that the kernel gives it: 127.0.0.1 or ::1.

Users see: programs on one machine or in one container do not reach each other by localhost, while all other connections
work.

Proof: ``lo`` is up and lacks the address.  With the address the packet for localhost arrives.
Now: ``ip address add 127.0.0.1/8 dev lo``.
Lasting: nothing has to be saved, because the kernel adds the address when ``lo`` comes up.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import AddEntry, SetSysctl, one
from hairpin.host.link import Address
from hairpin.host.sysctl import Path, dotted
from hairpin.network.prefix import address_text, is_loopback

_OWN = {4: Address("lo", 4, 0x7F000001, 8, "host"), 6: Address("lo", 6, 1, 128, "host")}

_DISABLED: Path = ("net", "ipv6", "conf", "lo", "disable_ipv6")
"""If it is set to 0, the kernel gives lo its address again: net/ipv6/addrconf.c dev_disable_change()."""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each namespace on the path of a flow to localhost, if ``lo`` in this namespace lacks its
    address."""
    own = _OWN[view.flow.version]
    if not is_loopback(view.flow.daddr, view.flow.version):
        return
    for netns, namespace in namespaces_on_way(view):
        lo = namespace.link("lo")
        read = [each for each in namespace.addresses if each.version == own.version]
        if lo is None or not lo.up or not read or any(is_loopback(each.value, each.version) for each in read):
            continue
        text = f"{address_text(own.value, own.version)}/{own.prefix_length}"
        shut = own.version == 6 and namespace.sysctl(*_DISABLED) == 1
        yield Candidate(
            title=message(
                "lo has lost its address {address} in {netns}", address=text, netns=view.network.netns_text(netns)
            ),
            detail=message(
                "{key} is 1: IPv6 is switched off on lo, and this removed the address.", key=dotted(_DISABLED)
            )
            if shut
            else message("Without this address the kernel sends packets for localhost out by another link."),
            change=one(SetSysctl(netns, _DISABLED, "0")) if shut else one(AddEntry(netns, own)),
            where=OfLink(link="lo", address=text),
            in_class="kernels-own",
            evidence=(lo.evidence,),
        )


CAUSE = Cause(
    title=message("lo has lost its address"),
    source="net/ipv4/devinet.c inetdev_event(): NETDEV_UP gives lo 127.0.0.1/8",
    shown_by=(
        "docker exec {container} ip addr show lo; docker exec {container} sysctl net.ipv6.conf.lo.disable_ipv6",
        message("lo has no inet6 ::1, and net.ipv6.conf.lo.disable_ipv6 is 1"),
    ),
    general=True,
)
