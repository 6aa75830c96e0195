"""What only the user can tell: each question that the asked flows leave open, once."""

from collections.abc import Iterator, Sequence

import msgspec

from hairpin.message import message
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.world import PublicAddress
from hairpin.walk.state import OpenQuestion
from hairpin.walk.trace import Trace


class QuestionAnswer(msgspec.Struct, frozen=True):
    """A question to the user.  ``flows``: refs of the flows whose verdict presumes a yes."""

    ref: str
    question: OpenQuestion
    flows: tuple[str, ...]


def questions_of(network: Network, traces: Sequence[tuple[str, Trace]]) -> tuple[QuestionAnswer, ...]:
    """Return the questions of the traces; questions that read alike are one.  ``traces``: each with its flow's ref."""
    asked: dict[tuple[str, str], OpenQuestion] = {}
    flows: dict[tuple[str, str], list[str]] = {}
    for ref, trace in traces:
        for each in _open(network, trace):
            key = (str(each.text), each.option)
            asked.setdefault(key, each)
            flows.setdefault(key, []).append(ref)
    return tuple(
        QuestionAnswer(f"q{number}", each, tuple(dict.fromkeys(flows[key])))
        for number, (key, each) in enumerate(asked.items(), 1)
    )


def _open(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    public = network.world.public(trace.flow.version, trace.flow.daddr)
    if public is not None and not public.stated:
        yield _is_public(network, public)
    for branch in trace.branches:
        yield from branch.questions


def _is_public(network: Network, mapping: PublicAddress) -> OpenQuestion:
    """Return the question whether an address that no host has is mapped to a host, as the answer presumes."""
    public, private = (address_text(each, mapping.version) for each in (mapping.public, mapping.private))
    host = network.host_netns(mapping.host).host
    at = f"@{host}" if mapping.host else ""
    return OpenQuestion(
        text=message(
            "Is {public} an address of {host}, behind a 1:1 NAT gateway that maps it to {private}?",
            public=public,
            private=private,
            host=host or "-",
        ),
        if_yes=message("the answer holds as it is"),
        if_no=message("{public} is another machine's: run hairpin there", public=public),
        option=f"--public {public}={private}{at}",
    )
