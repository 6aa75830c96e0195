"""Checks the repository's texts: links, named pages and named source files exist, no foreign host and no machine path
is named, nothing installs hairpin by its bare name, no line is damaged by wrapping (``tools/reflow.py``), the
glossary's words are used, changelog fragments and decisions have their form.

It reads the files that git tracks or would track. It prints a line for each finding, ``path:line: what``, and exits 1.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.reflow import damage

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
NAMED_PAGE = re.compile(r"(?<![\w/.-])docs/[\w/.-]+\.(?:md|svg|json)\b")
NAMED_FILE = re.compile(r"`([\w.-]+/[\w./-]+\.(?:py|toml|tsv))[:`]")
URL_HOST = re.compile(r"\bhttps?://([A-Za-z0-9.-]*[A-Za-z0-9])")
# Hosts that may be named. Any other host, such as a package registry, may be gone tomorrow.
HOSTS = re.compile(
    r"localhost|[\d.]+|[a-z-]+|(.+\.)?(example(\.(com|net|org))?|test|invalid|internal)"
    r"|(bugs\.debian|firewalld|lore\.kernel|man\.archlinux|man7|netfilter|wiki\.(debian|libvirt|nftables))\.org|(blog|docs)\.podman\.io|git\.zx2c4\.com|newreleases\.io"
    r"|(discuss\.)?linuxcontainers\.org|git(hub|lab)\.com|docs\.docker\.com|json-schema\.org|semver\.org|www\.(apache|debian|kernel|netfilter|rfc-editor|w3)\.org"
)
MACHINE_PATH = re.compile(r"(?<![\w.*-])/(?:w[o]rk|r[o]ot/\.\w+|h[o]me/(?!(?:alice|bob)\b)\w+|tmp/t[e]am)\b")
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b|type: i[g]nore|pragma: n[o] cover")
COMPARING = (".changed.md", ".fixed.md", ".removed.md")
"""Endings of fragments that compare with a released version."""
# hairpin by its bare name: an index or a registry would be asked for a name that is not this project's there.
JOINED = re.compile(r"""["'][ \t]*\n[ \t]*f?["']""")
INSTALLS = re.compile(
    r"\b(?:(?:(?:pip[\d.]*|pipx|conda|snap|brew|dnf|yum|apt|apt-get|zypper|npm|uv(?: tool| pip)?)[ \t]+"
    r"(?:install|in|run|add)"
    r"|uvx|apk[ \t]+add|pacman[ \t]+-S\w*)(?:[ \t\v]+(?!hairpin\b)[^\s`|;&#]+)*?"
    r"|(?:docker|podman|nerdctl)[ \t]+(?:(?:container|image)[ \t]+)?(?:run|create|pull)"
    r"(?:[ \t\v]+(?!hairpin\b)[^\s`|;&]+)*?)"
    r"[ \t\v]+[\"']?(?P<name>hairpin)(?![\w/+-]|\.\w|\[[^\]]*\] *@| *@)"
)
FRAGMENT = re.compile(r"[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md")
DECISION = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
DECISION_PARTS = ("## Context", "## Choice", "## Rejected", "## How we would notice that it was wrong")
CONTENTS = "docs/README.md"
GLOSSARY = "docs/glossary.md"
# Pages that quote the words that they advise against, or those of other programs.
ABOUT_WORDS = (
    GLOSSARY,
    "docs/writing.md",
    "src/hairpin/words/",
    "tests/world/cases/",
    "src/hairpin/pasted/",
    "tests/pasted/",
)
# Texts that are not ours, and outputs of programs kept as they were.
VERBATIM = (
    "LICENSE", "requirements.lock", "tests/data/", "tests/fixtures/", "tests/pasted/recorded/", "tests/pasted/threads/",
)  # fmt: skip


def tracked() -> tuple[str, ...]:
    """Return the paths of the repository's files below its root, without those that git ignores."""
    argv = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(path for path in listed.split("\0") if path and (ROOT / path).is_file()))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the fragment names of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text("utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def broken_links(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and target of each link that leads nowhere inside the repository."""
    for number, line in enumerate(text.splitlines(), 1):
        targets: list[str] = LINK.findall(line)
        for target in targets:
            if ":" in target:  # an address elsewhere
                continue
            file, _, fragment = target.partition("#")
            page = (ROOT / path).parent / file if file else ROOT / path
            if not page.exists():
                yield number, f"link to {target}: no such file"
            elif fragment and page.suffix == ".md" and fragment not in anchors(page.resolve()):
                yield number, f"link to {target}: no such heading"


def missing_pages(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each page of docs/ that code or prose names by its path and that is not there."""
    for number, line in enumerate(text.splitlines(), 1):
        pages: list[str] = NAMED_PAGE.findall(line)
        for page in pages:
            if not (ROOT / page).exists():
                yield number, f"names {page}: no such file"


def missing_files(text: str, paths: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each source file that is not there.  A page, or a folder's docstring, names it from
    any folder on."""
    for number, line in enumerate(text.splitlines(), 1):
        files: list[str] = NAMED_FILE.findall(line)
        for file in files:
            if not any(f"/{path}".endswith(f"/{file}") for path in paths):
                yield number, f"names {file}: no such file"


def unwanted_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each foreign host, machine path and mark of unfinished work."""
    if "://" not in text and not MACHINE_PATH.search(text) and not UNFINISHED.search(text):
        return
    for number, line in enumerate(text.splitlines(), 1):
        # A case of tests/world names the report that it is from, wherever that stands.
        hosts: list[str] = URL_HOST.findall(line) if not line.startswith('source = "') else []
        for host in hosts:
            if not HOSTS.fullmatch(host):
                yield number, f"names the host {host}, which tools/check_docs.py does not know"
        for pattern in (MACHINE_PATH, UNFINISHED):
            if found := pattern.search(line):
                yield number, f"says {found.group()!r}"


def installs(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each command that fetches and runs whatever somebody calls hairpin.  The wheel, a
    checkout, the repository's address and the image below ``localhost/`` are this project's."""
    whole = JOINED.sub("\v", text)
    for found in INSTALLS.finditer(whole):
        number = sum(whole.count(end, 0, found.start()) for end in "\n\v") + 1
        yield number, f"installs hairpin by its bare name: {' '.join(found.group().split())!r}"


@cache
def synonyms() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Return what finds each word that the glossary's last table rules out, behind letters that it has, and the word
    to use for it."""
    _, _, table = (ROOT / GLOSSARY).read_text("utf-8").partition("| say | not |\n| --- | --- |\n")
    rows = (line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|"))
    return tuple(
        (word.split(" ")[0].rstrip("y").lower(), pattern_of(word), said)
        for said, words in rows
        for word in words.split(", ")
    )


def pattern_of(word: str) -> re.Pattern[str]:
    """Return what finds the word and its plural, also where a line of prose, code or a comment ends within it."""
    *first, last = word.split(" ")
    plural = f"{re.escape(last[:-1])}(?:y|ies)" if last.endswith("y") else f"{re.escape(last)}(?:e?s)?"
    gap = r"(?: +|[ \t]*\n[ \t]*(?:(?:#|>|\*)[ \t]+)?)"
    return re.compile(rf"\b{gap.join((*map(re.escape, first), plural))}\b", re.IGNORECASE)


def other_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each word that the glossary has another word for."""
    small = text.lower()
    for letters, pattern, said in synonyms():
        for found in pattern.finditer(text) if letters in small else ():
            number = text.count("\n", 0, found.start()) + 1
            yield number, f"says {' '.join(found.group().split())!r}; the glossary's word is {said!r}"


def misformed(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each fault in the form of a changelog fragment or a decision."""
    folder, _, name = path.rpartition("/")
    if folder == "changelog.d" and name != "README.md":
        if not FRAGMENT.fullmatch(name):
            yield 1, "name is not <topic>.<kind>.md (changelog.d/README.md)"
        if "\n\n" in text.strip() or not text.strip().endswith("."):
            yield 1, "is not one paragraph that ends with a full stop"
        if name.endswith(COMPARING) and "not released yet" in (ROOT / "CHANGELOG.md").read_text("utf-8"):
            yield 1, "compares with a release, and there is none yet (changelog.d/README.md)"
    if folder == "docs/adr":
        if not DECISION.fullmatch(name):
            yield 1, "name is not NNNN-title.md"
        for part in DECISION_PARTS:
            if part not in text.splitlines():
                yield 1, f"has no part {part!r}"
        if not text.startswith(f"# {name[:4]}. ") and name != "0000-template.md":
            yield 1, f"does not begin with '# {name[:4]}. '"


def repository_findings(paths: tuple[str, ...]) -> Iterator[str]:
    """Yield the findings that concern several files."""
    numbers = [path.rpartition("/")[2][:4] for path in paths if path.startswith("docs/adr/")]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        yield f"docs/adr: two pages have the number {number}"
    contents = (ROOT / CONTENTS).read_text("utf-8")
    linked = {str((ROOT / CONTENTS).parent / target) for target in LINK.findall(contents)}
    for path in paths:
        page = path.startswith("docs/") and path.endswith(".md")
        page = page and not path.startswith("docs/adr/") and not re.match(r"docs/causes/[a-z0-9]", path)
        if page and path != CONTENTS and str(ROOT / path) not in linked:
            yield f"{CONTENTS}: does not link to {path}"
    init = (ROOT / "src/hairpin/__init__.py").read_text("utf-8")
    version = re.search(r'^__version__ = "(.+)"$', init, re.MULTILINE)
    if version is None or f"\n## {version.group(1)}" not in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        yield "CHANGELOG.md: has no section for the version in src/hairpin/__init__.py"


def findings() -> Iterator[str]:
    """Yield every finding of the repository as ``path:line: what``."""
    paths = tracked()
    for path in paths:
        if path.startswith(VERBATIM):
            continue
        try:
            text = (ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:  # a binary file has no words
            continue
        found = [*missing_pages(text), *unwanted_words(text), *misformed(path, text), *damage(path, text)]
        found += installs(text)
        if not path.startswith(ABOUT_WORDS):
            found += other_words(text)
        if path.endswith(".md"):
            found += broken_links(path, text)
        if path.endswith((".md", "/__init__.py")) and not path.startswith("docs/adr/"):
            found += missing_files(text, paths)
        for number, what in found:
            yield f"{path}:{number}: {what}"
    yield from repository_findings(paths)


if __name__ == "__main__":
    found = tuple(findings())
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)
