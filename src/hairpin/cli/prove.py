"""``hairpin prove``: a flow on a replica of the hosts' network, beside the simulated trace."""

from functools import partial

import click

from hairpin.cli import completion
from hairpin.cli.later import LIVE, later_option
from hairpin.cli.options import (
    EvidenceCommand,
    Given,
    after_option,
    all_option,
    evidence_options,
    origin_option,
    show_options,
    size_option,
    world_options,
)
from hairpin.cli.page import answer_page_of, html_option, printed_page, save_page


@click.command(cls=EvidenceCommand)
@click.argument("target", metavar="[TARGET]", required=False, shell_complete=completion.targets)
@origin_option()
@later_option("--live", LIVE)
@after_option
@size_option
@all_option
@evidence_options
@world_options
@html_option
@show_options
def prove(
    target: str | None,
    origin: str | None,
    after: str | None,
    size: int | None,
    whole: bool,
    sources: tuple[Given, ...],
    publics: tuple[str, ...],
    outside: str | None,
    html: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Rebuild the network in throw-away namespaces, send the packet there, compare.

    Nothing of the host is touched; the snapshot may come from another machine.  Needs root.

    Exit: 0 delivered (or leaving), 1 not delivered, 2 usage error, 3 could not decide, 4 the kernel disagrees: a bug
    in hairpin, kept as a file.
    """
    from hairpin.answer.outcome import exit_status
    from hairpin.cli.answering import answer_question
    from hairpin.cli.material import stated_world
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.question.question import parse_question
    from hairpin.replica.judge import RunningKernel

    question = parse_question(
        "prove", (target,) if target is not None else (), origin, publics, stated_world(outside), size, after
    )
    answer = answer_question(question, sources, whole=whole, lang=lang, kernel=RunningKernel())
    if printed_page(html, page := partial(answer_page_of, answer), lang):
        return exit_status(answer)
    if as_json:
        from hairpin.report.prove_document import prove_document

        write_json(prove_document(answer, words(lang)))
    else:
        from hairpin.report.prove_text import prove_text

        write(prove_text(answer, words(lang), paper(color), verbose=verbose))
    save_page(html, page, lang)
    return exit_status(answer)
