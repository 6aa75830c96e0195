"""``hairpin walk``: shows every step of one flow."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown

if TYPE_CHECKING:
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=options.HairpinCommand)
@options.target(required=True)
@options.origin(required=True)
@options.after
@options.size
@options.everything
@options.fresh
@options.evidence
@options.world
@options.page
@options.answer
def walk(asked: Asked, shown: Shown) -> int:
    """Walk one flow and show every step of request and reply.

    Exit: 0 delivered (or leaving), 1 not delivered, 2 usage error, 3 could not decide, 4 a bug in hairpin.
    """
    from hairpin.cli.answering import answer_question
    from hairpin.cli.face.present import present_answer
    from hairpin.cli.material import complain_of_told

    complain_of_told(asked, shown.lang)
    answer = answer_question(asked.question("walk"), asked, shown.lang)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.path import walk_text

        return walk_text(answer, words, paper)

    def document(words: "Words") -> object:
        from hairpin.report.documents.walk_document import walk_document

        return walk_document(answer, words)

    return present_answer(answer, shown, text, document)
