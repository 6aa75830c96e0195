"""Events for an observer of the evaluation of rules (door.py)."""

from hairpin.door import Observation
from hairpin.netfilter.evaluate.chain import Decision
from hairpin.netfilter.evaluate.match import Question
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import Chain, Jump, Match, Table, Verdict


class MatchAnswered(Observation, frozen=True, gc=False):
    """A match was compared with a packet.  The alternatives of an AnyOfMatch are not reported one by one."""

    question: Question
    match: Match
    truth: Truth


class VerdictMapped(Observation, frozen=True, gc=False):
    """A verdict map gave this verdict for the packet."""

    verdict: Verdict | Jump


class ChainDecided(Observation, frozen=True, gc=False):
    """A base chain's decisions, one for each branch, before equal decisions are joined."""

    table: Table
    chain: Chain
    decisions: tuple[Decision, ...]
