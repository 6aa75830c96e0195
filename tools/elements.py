"""Writes docs/elements.md from the table in the code.

python tools/elements.py
"""

from pathlib import Path

from hairpin.netfilter.elements import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "elements.md"

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
