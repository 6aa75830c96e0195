"""Patterns of texts.

    pattern := "^"? (LITERAL | "*" | "{" PLACE "}" | "{" ERROR "}")* "$"?

``^`` and ``$`` are the ends of the line; a pattern needs ``^`` or ``$`` if its words alone are too common.  ``*``
matches any text.  A PLACE (``{port}``) matches a text of a certain form, which is extracted.  An ERROR (``{refused}``)
matches an error of the C library, in English or Chinese.  Upper and lower case, the amount of space and
the kind of quotes do not matter.  Every pattern has a trigger: a word that each matching line contains.

Source of the errors' texts: glibc, po/{zh_CN,zh_TW}.po; musl; Go
"""

import re
from functools import cache
from itertools import product

import msgspec

ERRORS: dict[str, tuple[str, ...]] = {
    "refused": ("Connection refused", "拒绝连接", "连接被拒绝", "連線被拒絕"),
    "timeout": ("Connection timed out", "Operation timed out", "连接超时", "連線逾時", "連線超過時間"),
    "no_route": ("No route to host", "没有到主机的路由", "沒有主機的路由", "Host is unreachable"),
    "unreachable": ("Network is unreachable", "网络不可达", "網路無法接觸", "网络无法到达", "Network unreachable"),
    "reset": ("Connection reset by peer", "连接被对方重设", "连接被对端重置", "连接被对方重置"),
    "in_use": ("Address already in use", "地址已在使用", "地址已被使用"),
    "not_here": (
        "Cannot assign requested address", "无法指定被请求的地址", "address not available",
        "Can't assign requested address",
    ),
    "no_name": ("Name or service not known", "Name does not resolve", "未知的名称或服务"),
    "try_again": ("Temporary failure in name resolution", "域名解析暂时失败", "名称解析暂时失败"),
    "not_allowed": ("Operation not permitted", "不允许的操作"),
    "no_file": ("No such file or directory", "没有那个文件或目录"),
}  # fmt: skip
"""The texts of each error, by a name for the error: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET,
EADDRINUSE, EADDRNOTAVAIL, EAI_NONAME, EAI_AGAIN, EPERM, ENOENT.  musl and Go have some texts of their own, such as
``Host is unreachable``."""

_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]{0,15}(?:%[\w.-]+)?\]?)"
PLACES = {
    "port": r"\d{1,5}",
    "number": r"\d{1,9}",
    "address": _ADDRESS,
    "host": rf"(?:{_ADDRESS}|[\w.-]+)",
    "container": r"[\w.-]+",
    "link": r"[\w.@-]+",
    "chain": r"[\w-]+",
    "table": r"\w+",
    "module": r"[\w-]+",
    "path": r"[^\s'\"`,;]+?",
    "word": r"[\w.-]+",
    "id": r"[0-9a-f]{12,64}",
    "quoted": r"[^\"]+",
    "file": r"[^\s'\":]+",
    "device": r"/dev/[^\s'\":]+",
    "user": r"[^\s:]+",
    "capability": r"[^\]]*",
    "runtime": r"(?:[^\s\"]*/)?(?:runc|crun|runsc|kata-runtime|[\w-]*container-runtime)[^\s\"/]*",
    "target": "MASQUERADE|DNAT|SNAT|REDIRECT|MARK|CONNMARK|CHECKSUM|LOG|REJECT|TCPMSS|CT",
}
"""The forms of places.  ``id``: the id of an engine's network or container, or its beginning.  ``quoted``: a text in
double quotes.  ``runtime``: the name of a program that starts containers.  ``target``: a target of iptables that is no
chain."""
_TOKEN = re.compile(r"\*|\{(\w+)\}|\s+|['\"`]|[^*{}\s'\"`]+")
_WORD = re.compile(r"\w+")
_VARYING = re.compile(r"\*|\{\w+\}")
_QUOTE = r"\\*['\"`´‘’“”„«»]"


class Variant(msgspec.Struct, frozen=True):
    """A pattern with one text for each of its errors.  ``words``: the whole ASCII words of the pattern, which are the
    candidates for its trigger.  ``script``: the trigger of a pattern without such words, in another script.
    ``weight``: the number of literal characters; a pattern with more literal characters says more about a text."""

    text: str
    words: tuple[str, ...]
    script: str
    weight: int


def variants(pattern: str) -> tuple[Variant, ...]:
    """Return the variants of the pattern, one for each choice of the texts of its errors."""
    names = [each for each in re.findall(r"\{(\w+)\}", pattern) if each in ERRORS]
    found: list[Variant] = []
    for chosen in product(*(ERRORS[name] for name in names)):
        text = pattern
        for name, words in zip(names, chosen, strict=True):
            text = text.replace(f"{{{name}}}", words, 1)
        found.append(_variant(text))
    return tuple(found)


def _variant(text: str) -> Variant:
    literals = _VARYING.split(text.lower())
    last = len(literals) - 1
    words: list[str] = []
    script = ""
    for number, literal in enumerate(literals):
        found = _WORD.findall(literal)
        if not found:
            continue
        begins = number == 0 or _WORD.match(literal[0]) is None
        ends = number == last or _WORD.match(literal[-1]) is None
        whole = found[0 if begins else 1 : None if ends else -1]
        if literal.isascii():
            words += whole
        else:
            script = max((script, *(each for each in found if not each.isascii())), key=len)
            words += filter(str.isascii, whole)
    # In a pattern an underscore is part of a word, and in a line it separates two words.
    parts = dict.fromkeys(part for word in words for part in word.split("_") if part)
    return Variant(text, tuple(parts), script, sum(map(len, literals)))


@cache
def expression_of(text: str) -> re.Pattern[str]:
    """Return the regular expression for a variant's text.

    The groups of the expression have the places' names, with a number added."""
    parts: list[str] = []
    begins, ends = text.startswith("^"), text.endswith("$")
    text = text.removeprefix("^").removesuffix("$")
    tokens = [*_TOKEN.finditer(text)]
    for number, token in enumerate(tokens):
        if token[1] is not None:
            parts.append(f"(?P<{token[1]}_{number}>{PLACES[token[1]]})")
        elif token[0] == "*":
            parts.append(".*?")
        elif token[0].isspace():
            parts.append(r"\s+")
        elif token[0] in "'\"`":
            parts.append(_QUOTE)
        else:
            parts.append(re.escape(token[0]))
    before = r"(?<![0-9a-z])" if text[:1].isascii() and text[:1].isalnum() else ""
    after = r"(?![0-9a-z])" if (text[-1:].isascii() and text[-1:].isalnum()) or text.endswith("}") else ""
    return re.compile(
        (r"\A\s*" if begins else before) + "".join(parts) + (r"[\s.!]*\Z" if ends else after), re.IGNORECASE
    )
