"""Gives a link another name, with everything in its namespace that the kernel keeps by the link and not by its name.

Rules of the packet filter and policy rules name links by words: they stay as they are, and meet other links.

Source: net/core/dev.c dev_change_name(), net/ipv4/devinet.c inetdev_event(): NETDEV_CHANGENAME
"""

import msgspec

from hairpin.change.change import RenameLink
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.message import message

_replace = msgspec.structs.replace


def with_name(namespace: Namespace, part: RenameLink) -> Namespace:
    """Return the namespace in which the link has its new name; raises ChangeError if there is no such link, or if
    another one has that name."""
    old, new = part.link, part.name
    if namespace.link(old) is None:
        raise ChangeError(message("link {link} is not there", link=old))
    if namespace.link(new) is not None:
        raise ChangeError(message("there is a link {link} already", link=new))

    def named(name: str) -> str:
        return new if name == old else name

    def moved(link: Link) -> Link:
        under = link.tunnel is not None and link.tunnel.underlay == old
        tunnel = _replace(link.tunnel, underlay=new) if link.tunnel is not None and under else link.tunnel
        master, lower = link.master and named(link.master), link.lower and named(link.lower)
        return _replace(link, name=named(link.name), master=master, lower=lower, tunnel=tunnel)

    values = {
        (*path[:3], new, *path[4:]) if path[2:4] in (("conf", old), ("neigh", old)) else path: value
        for path, value in namespace.sysctls.values.items()
    }
    return _replace(
        namespace,
        links=tuple(moved(each) for each in namespace.links),
        addresses=tuple(_replace(each, link=named(each.link)) for each in namespace.addresses),
        routes=tuple(
            _replace(each, next_hops=tuple(_replace(hop, link=hop.link and named(hop.link)) for hop in each.next_hops))
            for each in namespace.routes
        ),
        neighbours=tuple(_replace(each, link=named(each.link)) for each in namespace.neighbours),
        fdb=tuple(
            _replace(
                each, port=named(each.port), bridge=each.bridge and named(each.bridge), via=each.via and named(each.via)
            )
            for each in namespace.fdb
        ),
        sockets=tuple(_replace(each, device=each.device and named(each.device)) for each in namespace.sockets),
        sysctls=_replace(namespace.sysctls, values=values),
    )
