"""``hairpin check``: the main job."""

from functools import partial

import click

from hairpin.cli import completion
from hairpin.cli.options import (
    EvidenceCommand,
    Given,
    after_option,
    all_option,
    evidence_options,
    group_option,
    origin_option,
    show_options,
    size_option,
    world_options,
)
from hairpin.cli.page import answer_page_of, html_option, printed_page, save_page


@click.command(cls=EvidenceCommand)
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=completion.targets)
@origin_option()
@after_option
@group_option("Seldom", "--no-replica", is_flag=True, help="Do not repeat flows and proofs in namespaces.")
@group_option("Seldom", "--no-traces", is_flag=True, help="Do not ask the logs since when a cause is there.")
@size_option
@all_option
@evidence_options
@world_options
@html_option
@show_options
def check(
    targets: tuple[str, ...],
    origin: str | None,
    no_replica: bool,
    no_traces: bool,
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
    """Walk the flows to TARGET, name the proven causes, say the repair.

    TARGET is 8151, 8151/udp, 8151-8153, ADDRESS:PORT, [IPV6]:PORT, a URL, a container (its name, id or compose
    service) or CONTAINER:PORT, its own port.  Without one: every published port and the way out of every container.
    Of several hosts, TARGET@HOST and WHERE@HOST name one; without @HOST it is the first.

    Exit: 0 all delivered (or leaving), 1 a blocking cause, 2 usage error, 3 could not decide, 4 a bug in hairpin.
    """
    from hairpin.answer.outcome import exit_status
    from hairpin.cli.answering import answer_question, second_judge
    from hairpin.cli.material import stated_world
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.question.question import parse_question

    question = parse_question("check", targets, origin, publics, stated_world(outside), size, after)
    kernel = None if no_replica else second_judge()
    answer = answer_question(question, sources, whole=whole, lang=lang, kernel=kernel)
    if not no_traces and any(each.severity == "blocking" for each in answer.causes):
        from hairpin.cli.since import with_since

        answer = with_since(answer, sources)
    if printed_page(html, page := partial(answer_page_of, answer), lang):
        return exit_status(answer)
    if as_json:
        from hairpin.report.document import report_document

        write_json(report_document(answer, words(lang)))
    else:
        from hairpin.cli.fix_command import fix_command
        from hairpin.report.terminal import report_text

        is_live = after is None and all(each.kind == "host" for each in sources)
        command = fix_command(targets, origin, size, sources, publics, outside) if is_live else ""
        write(report_text(answer, words(lang), paper(color), verbose=verbose, fixing=command))
    save_page(html, page, lang)
    return exit_status(answer)
