"""The kernel's words that README and docs/ quote are those of the running kernel. Needs root."""

from pathlib import Path

import msgspec
import pytest

from hairpin.replica.judge import RunningKernel
from tools.quoted import PAGES, ROOT, Quote, blocks, output, quote_of
from tools.recorded_kernel import Recorder, Recording

QUOTES = [
    quote_of(block.comment)
    for pages in PAGES
    for page in sorted(ROOT.glob(pages))
    for block in blocks(page.read_text("utf-8"))
    if "kernel: " in block.comment
]


def said(path: Path) -> set[str]:
    """Return what the kernel said, each word as text: in which order it was asked does not count."""
    return {str(each) for each in msgspec.json.decode(path.read_bytes(), type=Recording).said}


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: quote.kernel)
def test_this_kernel_says_what_the_page_quotes(quote: Quote, tmp_path: Path) -> None:
    """`python -m tools.quoted --replay` as root writes down what it says now."""
    text = output(quote.command, Recorder(RunningKernel(), tmp_path / "said.json"))
    assert "(replayed on this kernel)" in text
    assert said(tmp_path / "said.json") == said(ROOT / quote.kernel)
