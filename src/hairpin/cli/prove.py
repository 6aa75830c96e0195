"""``hairpin prove``: sends a flow through a replica of the hosts' network, or with ``--live`` on the real host, and
shows the result beside the simulated trace."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.cli.face.live_options import Live, LiveCommand, live_options

if TYPE_CHECKING:
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=LiveCommand)
@options.target(required=False)
@options.origin()
@live_options
@options.after
@options.size
@options.everything
@options.evidence
@options.world
@options.page
@options.answer
def prove(asked: Asked, shown: Shown, live: Live | None) -> int:
    """Rebuild the network in throw-away namespaces, send the packet there, compare.

    The host itself is not changed, and the snapshot may come from another machine.  The command needs root.  With
    --live, real packets are sent on this host instead, N of each flow (10), and what they meet is watched.

    Exit: 0 delivered (or leaving), 1 not delivered, 2 usage error, 3 could not decide, 4 the kernel disagrees: a bug
    in hairpin, kept as a file.
    """
    from hairpin.cli.answering import answer_question
    from hairpin.cli.face.present import present_answer
    from hairpin.cli.material import refuse_told
    from hairpin.replica.judge import RunningKernel

    if live is not None:
        return _prove_live(asked, shown, live)
    refuse_told(asked, "prove")
    answer = answer_question(asked.question("prove"), asked, shown.lang, RunningKernel())

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.prove_text import prove_text

        return prove_text(answer, words, paper, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.prove_document import prove_document

        return prove_document(answer, words)

    return present_answer(answer, shown, text, document)


def _prove_live(asked: Asked, shown: Shown, live: Live) -> int:
    """Send real packets, and show the answer."""
    from hairpin.cli.face.present import present_answer
    from hairpin.cli.living import answer_live

    answer = answer_live(asked, shown.lang, live)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.real_packets import live_text

        return live_text(answer, words, paper, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.prove_document import prove_document

        return prove_document(answer, words)

    return present_answer(answer, shown, text, document)
