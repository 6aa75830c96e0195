"""Answers a command's question, and tells the person who waits what takes so long."""

from functools import partial

from hairpin.answer.answer import Answer
from hairpin.answer.ask import Depth, ask
from hairpin.cli.disputes import keeping_disputes
from hairpin.cli.face.asked import Asked, Given
from hairpin.cli.face.environment import environment
from hairpin.cli.face.progress import progress
from hairpin.cli.material import gather
from hairpin.cli.plans.half_done import with_plans
from hairpin.evidence.several import Source
from hairpin.message import message
from hairpin.question.needs import needed_containers
from hairpin.question.question import Question
from hairpin.replica.judgement import Kernel


def answer_question(
    question: Question, asked: Asked, lang: str | None, kernel: Kernel | None = None, depth: Depth = "events"
) -> Answer:
    """Return the answer to the question, which was made of what is asked.  Of this machine only what the question needs
    is read, unless the whole of it is asked for or the question is about an event.  ``kernel``: the second judge, whose
    disagreements are kept as files; ``depth``: how far ``check`` goes.

    Raises as ``gather`` and ``ask`` do."""
    sources = asked.sources
    only = () if asked.whole or sources or question.after is not None else needed_containers(question)
    with progress(lang) as tell:
        tell(message("reading the state of the host"))
        read = gather(sources, only=only)
        read = with_plans(read, sources, lang)
        tell(message("following the packets"))
        rest = partial(_gathered_again, sources) if only else None
        return keeping_disputes(ask(question, read, kernel, rest, depth=depth), environment().folders)


def _gathered_again(sources: tuple[Given, ...]) -> tuple[Source, ...]:
    return with_plans(gather(sources), sources, None, saying=False)


def second_judge() -> Kernel | None:
    """Return this machine's kernel as a judge, or None where no replica can be built."""
    from hairpin.replica.judge import RunningKernel
    from hairpin.replica.prerequisites import may_replicate

    return RunningKernel() if may_replicate() else None
