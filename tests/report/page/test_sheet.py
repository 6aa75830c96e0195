"""The terminal's writers, on a page."""

from hairpin.report.page.markup import element, markup
from hairpin.report.page.sheet import Sheet, command_block
from hairpin.report.words import Words


def _html(sheet: Sheet) -> str:
    return "".join(map(markup, sheet.elements()))


def test_commands_that_follow_each_other_are_one_block_with_a_button() -> None:
    sheet = Sheet(Words())
    sheet.line("      ", ("sysctl -w a=1", "command"))
    sheet.line("      ", ("cat > f <<'END'", "command"))
    sheet.line("      ", ("  x < y", "command"))
    assert _html(sheet) == (
        '<div class="commands"><pre tabindex="0">sysctl -w a=1\ncat &gt; f &lt;&lt;\'END\'\n  x &lt; y</pre>'
        '<button type="button" class="copy" hidden="hidden">copy</button></div>'
    )


def test_prose_is_a_paragraph_with_its_beginning_and_its_code() -> None:
    sheet = Sheet(Words())
    sheet.prose("say `a <b` twice", indent=2, first="note: ", first_style="bad")
    assert _html(sheet) == (
        '<p class="in2"><span class="bad">note: </span><span>say <code>a &lt;b</code> twice</span></p>'
    )


def test_drawn_lines_keep_their_form_without_the_terminals_indent() -> None:
    sheet = Sheet(Words())
    sheet.cut("    ", ("│", "faint"), "  x")
    sheet.cut("    ", ("✗", "bad"), "  y")
    assert _html(sheet) == ('<pre class="lines"><span class="faint">│</span>  x\n<span class="bad">✗</span>  y</pre>')


def test_a_strong_line_at_the_edge_is_a_heading_where_there_are_headings() -> None:
    sheet = Sheet(Words(), headings=True)
    sheet.prose("Kernel settings", style="strong")
    sheet.line("      ", ("/etc/a", "strong"))
    assert _html(sheet) == '<h2>Kernel settings</h2><p class="in2"><strong class="strong">/etc/a</strong></p>'


def test_an_escape_sequence_of_a_host_is_spelt() -> None:
    sheet = Sheet(Words())
    sheet.prose("a\x1b[31mb")
    assert _html(sheet) == markup(element("p", "a\\x1b[31mb"))


def test_a_command_of_several_lines_keeps_them_and_what_a_terminal_obeys_is_spelt() -> None:
    block = markup(command_block("cat > f <<END\n'a\x1b'\nEND", Words()))
    assert "cat &gt; f &lt;&lt;END\n'a'$'\\x1b'''\nEND</pre>" in block
