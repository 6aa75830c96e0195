"""The function ``find`` for causes that differ only in the owner of the rule that stopped the packet."""

from collections.abc import Callable

from msgspec.structs import replace

from hairpin.causes.engine_rules._lost_rules import lost_translation
from hairpin.causes.kit import Candidate, Iterator, Message, OfRule, Place, View, Way, message
from hairpin.causes.order import Class
from hairpin.causes.rules._lifting import asks_for_one_client, for_client
from hairpin.causes.rules._manager import repairs
from hairpin.causes.rules._nearly import nearly_allowing, users_rules_for_host_port
from hairpin.causes.rules._rule_owner import OWNERS, relay_name, serves_relay, stopped_by
from hairpin.change.calls import AllowInUfw
from hairpin.change.change import Change
from hairpin.change.ufw import ufw_allow_rules
from hairpin.netfilter.packet import is_discovery
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import is_docker_proxys
from hairpin.walk.decided import SocketDecided


def by_owner(
    name: str,
    *,
    in_class: Class,
    title: Message,
    detail: Message,
    relayed: Message | None = None,
    discovery: tuple[Message, Message] | None = None,
    changes: Callable[[View, Place], tuple[Change, ...]] = repairs,
    side_effects: tuple[Message, ...] = (),
    advice: tuple[Message, ...] = (),
    both_ways: bool = False,
) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields a candidate for each way to get the packet past this owner's rule or policy.
    Each candidate also offers the changes of all other candidates, unless its own change calls the program that owns
    the rule.

    ``title`` and ``detail`` have placeholders for the rule (``{rule}``, ``{table}``, ``{chain}``, ``{family}``, and
    ``{hidden}`` for its back end) and for the packet (``{netns}``, ``{iif}`` or ``{link}``, ``{oif}``).  ``both_ways``:
    whether a rule for the other direction between the same links belongs to the same cause.  ``relayed``: the detail if
    docker-proxy sent the packet.  ``discovery``: the title
    and detail if the packet is an ARP request or an IPv6 neighbour discovery message.
    """
    if name not in {each for each, _ in OWNERS}:
        raise AssertionError(f"{name}: no such owner")

    def find(view: View) -> Iterator[Candidate]:
        place = stopped_by(view, name)
        if place is None or (serves_relay(view) and lost_translation(view)):
            return  # a port opened to docker-proxy is no repair of the engine's lost rule
        packet = view.stop.seen.packet
        asks = is_discovery(packet) or packet.arp != 0
        told = relayed if relayed is not None and _is_docker_proxys(view) else detail
        said = discovery if discovery is not None and asks else (title, told)
        ways, words = changes(view, place), _words(view, place)
        for change in ways:
            yield Candidate(
                title=said[0].filled(**words),
                detail=_with_hint(said[1].filled(**words), view, place),
                change=change,
                where=OfRule(place),
                in_class=in_class,
                evidence=(place.evidence,),
                side_effects=side_effects,
                advice=_of_address(change) if change.calls else advice,
                # Only the program's own command repairs its rule: the program's next reload undoes any other change.
                ways=(*(Way(each) for each in ways if each != change), *_for_client(view, place))
                if not change.calls
                else tuple(_for_client_by_owner(view, change)),
                joins=" ".join(sorted((view.stop.seen.iif, view.stop.seen.oif))) if both_ways else "",
            )

    return find


def _of_address(change: Change) -> tuple[Message, ...]:
    """Return the advice about a rule of ufw that names a container's address."""
    if not any(isinstance(each, AllowInUfw) and each.destination for each in change.calls):
        return ()
    return (
        message(
            "the rule names the container's present address, because other containers have the same port: a container "
            "that is made anew may get another address"
        ),
    )


def _is_docker_proxys(view: View) -> bool:
    """Return whether docker-proxy had accepted the client's connection before the packet stopped."""
    decided = (each.decided_by for each in view.branch.request if each.stage == "relay")
    return any(
        isinstance(each, SocketDecided) and each.socket is not None and is_docker_proxys(each.socket)
        for each in decided
    )


def _for_client(view: View, place: Place) -> Iterator[Way]:
    """Yield the change that excepts only the client from the rule, if the user named a client."""
    change = for_client(view, place)
    if change is not None:
        yield Way(change, past_decision=True)


def _for_client_by_owner(view: View, change: Change) -> Iterator[Way]:
    """Yield the call of ufw that lets only the client in, if the user named a client."""
    call = change.calls[0] if len(change.calls) == 1 else None
    if asks_for_one_client(view) and isinstance(call, AllowInUfw):
        packet = view.stop.seen.packet
        alone = replace(call, source=address_text(packet.saddr, packet.version))
        parts = ufw_allow_rules(alone, view.host_netns, view.host_namespace.ruleset)
        made = Change(parts, (alone,))
        yield Way(made, _of_address(made), past_decision=True)


def _with_hint(detail: Message, view: View, place: Place) -> Message:
    """Return the detail with a hint about an earlier rule that should accept the same port and never matches: a rule
    of ufw, or a rule for other clients."""
    of_ufw = next(users_rules_for_host_port(view, place), None)
    if of_ufw is not None:
        return message(
            "{detail}. ufw's rule `{rule}` is for port {port} and never matches, because after DNAT the port is {now}",
            detail=detail,
            rule=of_ufw.place.text,
            now=view.stop.seen.packet.dport,
            port=view.flow.dport,
        )
    hint = next((each for each in nearly_allowing(view, place) if each.for_others), None)
    if hint is None:
        return detail
    return message(
        "{detail}. The rule `{rule}` comes earlier and never matches, because after DNAT the port is {now}. With `-m "
        "conntrack --ctorigdstport {port} --ctdir ORIGINAL` instead of its port match, this rule lets its clients in",
        detail=detail,
        rule=hint.place.text,
        now=view.stop.seen.packet.dport,
        port=view.flow.dport,
    )


def _words(view: View, place: Place) -> dict[str, object]:
    """Return the values for the placeholders in a title and a detail."""
    seen = view.stop.seen
    return {
        "rule": place.text, "table": place.table, "chain": place.chain, "family": place.family, "hidden": place.dialect,
        "netns": view.network.netns_text(view.stop.netns), "iif": seen.iif, "link": seen.iif, "oif": seen.oif,
        "relay": relay_name(view),
    }  # fmt: skip
