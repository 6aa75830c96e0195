"""ICMP redirects about a wrong route: a container may obey them for minutes after the route was repaired.

Source: net/ipv4/route.c __mkroute_input(), ip_rt_send_redirect(), __ip_do_redirect() (ip_rt_gc_timeout: 300 s)
"""

from collections.abc import Iterable

from hairpin.causes.kit import Message, View, message
from hairpin.network.index import holders
from hairpin.network.network import conf, entering
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import containers_in
from hairpin.walk.deciders import Lookup


def advice_to_senders(view: View, lookups: Iterable[Lookup]) -> tuple[Message, ...]:
    """Return how each container whose packets these lookups send back by their input link forgets the redirects."""
    said: dict[Message, None] = {}
    for each in lookups:
        query, namespace = each.query, view.network.namespace(each.netns)
        back = next((hop for hop in each.found.next_hops if hop.link == query.iif and hop.gateway is not None), None)
        if query.version != 4 or back is None or not conf(namespace, 4, query.iif, "send_redirects", rule="or"):
            continue
        for holder in holders(view.network.host(each.netns.host), 4, query.saddr):
            netns = each.netns.sibling(holder)
            names = ", ".join(one.name for one in containers_in(view.network, netns))
            refuses = conf(view.network.namespace(netns), 4, "all", "accept_redirects") == 0
            if netns == each.netns or not names or refuses:
                continue
            said[
                message(
                    "the kernel may have told {name} by ICMP redirects that {gateway} is the router: {name} then sends "
                    "the packets to {gateway} for up to 5 minutes after the repair; `{entering}ip route flush cache` "
                    "ends that",
                    name=names,
                    gateway=address_text(back.gateway or 0, 4),
                    entering=entering(view.network, netns) or "nsenter -t PID -n ",
                )
            ] = None
    return tuple(said)
