"""The container's own resolv.conf names another name server than the engine wrote into it.

Users see: since a VPN client, a DHCP client or an entrypoint ran in one container, that container prints ``bad address
'db'``, while all other containers of the network resolve the name.

Proof: the engine's name server knows the name on a network of the container, and the first server in the container's
resolv.conf is another one.  With the engine's name server the query is answered.
Now: put ``nameserver 127.0.0.11`` first into /etc/resolv.conf of the container, or recreate the container.
Lasting: stop the program that writes the file, such as the up script of a VPN client.  The engine's name server asks
the servers of the option ``--dns`` for all other names: name the provider's server there.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, Way, message
from hairpin.causes.names._resolving import pair_of
from hairpin.change.change import Change, SetContainer, one
from hairpin.network.names import EMBEDDED, has_embedded, names_on, serving
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    pair = pair_of(view)
    if pair is None or pair.asking.on_host_network or not has_embedded(view.host, pair.asking):
        return
    own, engines = pair.asking.resolvers or (), address_text(EMBEDDED, 4)
    common = [each for each in serving(pair.engine, pair.asking) if pair.name in names_on(pair.engine, each)]
    if not own or own[0] == engines or not common:
        return
    facts = {"asking": pair.asking.name, "server": own[0], "engines": engines, "network": common[0], "name": pair.name}
    known = msgspec.structs.replace(pair.asking, resolvers=(engines, *(each for each in own if each != engines)))
    yield Candidate(
        title=message("/etc/resolv.conf of {asking} names {server}, which knows no container", **facts),
        detail=message(
            "On network {network} the engine wrote nameserver {engines}, which knows {name}. Something in {asking} has "
            "rewritten the file since: a VPN client, a DHCP client, its entrypoint or a person.",
            **facts,
        ),
        change=one(SetContainer(view.host.name, known)),
        where=OfContainer(pair.asking.name, asked=pair.name),
        in_class="container-without-ports",
        evidence=(pair.asking.evidence,) if pair.asking.evidence else (),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "find out who writes the file. If {server} is there to keep all name queries inside a VPN, "
                        "give it to the engine instead (--dns {server}): the engine's name server then asks {server} "
                        "for all names that are not containers",
                        **facts,
                    ),
                    message("then write nameserver {engines} as the first line again, or recreate {asking}", **facts),
                ),
                by_person=True,
            ),
        ),
    )


CAUSE = Cause(
    title=message("A container's resolv.conf does not name the engine's name server any more"),
    source="moby libnetwork/sandbox_dns_unix.go rebuildDNS(); resolv.conf(5)",
    shown_by=("cat /etc/resolv.conf", message("the name server in use is not the engine's")),
    reasons=frozenset({"name-unknown"}),
)
