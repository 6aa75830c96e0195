"""Metrics as text."""

from hairpin.report.exposition import Gauge, exposition


def test_the_text() -> None:
    some = (
        Gauge("a", "An a.", (((("x", 'say "\\n"\n'),), 1),)),
        Gauge("b_total", "All b.", (((), 2.5),), "counter"),
        Gauge("c", "None.", ()),
    )
    assert exposition(some) == (
        '# HELP a An a.\n# TYPE a gauge\na{x="say \\"\\\\n\\"\\n"} 1\n'
        "# HELP b_total All b.\n# TYPE b_total counter\nb_total 2.500\n"
    )
    assert 'b_total{of="z"} 2.500\n' in exposition(some, (("of", "z"),))


def test_a_long_label_is_cut() -> None:
    assert len(exposition((Gauge("a", "A.", (((("x", "y" * 500),), 1),)),))) < 200
