"""States of the hosts beside the causes of the flows: each once, and a maker before what it makes."""

from typing import get_args

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.causes.cause import HostState, Severity
from hairpin.causes.registry import causes_of_hosts
from hairpin.causes.where import container_of
from hairpin.host.host import Host
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies


def with_states(answer: Answer) -> Answer:
    """Return the answer with the states of the hosts that the catalogue knows, if it is the answer of a check."""
    if answer.question.kind != "check":
        return answer
    flows = answer.causes
    found: list[CauseAnswer] = []
    for host in answer.network.hosts:
        for cause in causes_of_hosts() if host.was_read else ():
            for state in cause.of_host(host):
                if not any(_is_of(state, each, cause.id, host) for each in flows):
                    ref = f"c{len(flows) + len(found) + 1}"
                    found.append(_state(answer.network, host, cause.id, state, ref))
    answer = msgspec.structs.replace(answer, causes=(*found, *flows))
    for each in found:
        answer = _with_made(answer, each)
    return msgspec.structs.replace(answer, causes=tuple(sorted(answer.causes, key=_rank)))


def _is_of(state: HostState, cause: CauseAnswer, id_: str, host: Host) -> bool:
    """Return whether a flow has named the state already."""
    container = container_of(cause.candidate.where) or ""
    return (cause.id, cause.host) == (id_, host.name) and state.container in ("", container)


def _state(network: Network, host: Host, id_: str, state: HostState, ref: str) -> CauseAnswer:
    return CauseAnswer(
        ref=ref,
        id=id_,
        host=host.name,
        severity=state.severity,
        candidate=state.candidate,
        stop=None,
        proof=None,
        flows=(),
        together=(),
        event=state.event,
        remedies=remedies(id_, state.candidate, network.seen_from(host.name)),
    )


def _with_made(answer: Answer, maker: CauseAnswer) -> Answer:
    """Return the answer with the state as the maker of the causes that it makes: it stops their flows, and comes
    before them."""
    made = [each for each in answer.causes if maker.id in each.candidate.made_by and each.host == maker.host]
    if not made:
        return answer
    first, refs = min(made, key=_rank), {each.ref for each in made}
    flows = tuple(dict.fromkeys(flow for each in made for flow in each.flows))
    now = msgspec.structs.replace(maker, severity=first.severity, event=first.event, flows=flows)
    following = (
        msgspec.structs.replace(each, follows_from=(*each.follows_from, maker.ref)) if each.ref in refs else each
        for each in answer.causes
        if each is not maker
    )
    stopped = (
        msgspec.structs.replace(flow, causes=_before(flow.causes, refs, maker.ref)) if refs & {*flow.causes} else flow
        for flow in answer.flows
    )
    return msgspec.structs.replace(answer, causes=(now, *following), flows=tuple(stopped))


def _before(refs: tuple[str, ...], made: set[str], maker: str) -> tuple[str, ...]:
    """Return the refs of a flow's causes with the maker before the first that it makes."""
    first = next(number for number, each in enumerate(refs) if each in made)
    return (*refs[:first], maker, *refs[first:])


def _rank(cause: CauseAnswer) -> int:
    severities: tuple[Severity, ...] = get_args(Severity)
    return severities.index(cause.severity)
