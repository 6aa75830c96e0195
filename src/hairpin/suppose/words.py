"""What a text says in words, and not in an output: that something does not work, and where a program listens.

A word proves nothing.  That something does not work lets hairpin name likely causes; where a program says that it
listens is supposed of the container's service.
"""

import re
from collections.abc import Iterable, Iterator

from hairpin.evidence.told import Listener, Outcome, Result

_NOT = (
    r"(?:can(?:no|')?t|could(?: not|n't)|(?:do|does|did|will|would)(?: not|n't)|unable to|fail(?:s|ed|ing)? to|never)"
)
_DONE = (
    r"(?:answer|respond|connect|reach|load|work|open|resolve|access|ping|pass|finish|arrive|come|see|fetch|pull"
    r"|find|join"
    r"|get (?:out|through|to|any|a)|be (?:reach|access|open|resolve|fetch))"
)
_SAID = (
    rf"\b{_NOT} (?:\w+ )?{_DONE}",
    r"\b(?:times?|timed|timing)[ -]?out\b|\btime-?outs?\b|\b50[24]\b.{0,20}(?:gateway|time-?out)|\bbad gateway\b",
    r"\b(?:do|does|did|are|is|was|were|will)(?: not|n't)(?: \w+){0,2}$",
    r"\b(?:do|does|is|are)(?: not|n't)(?=[.,;:]| with| by| from| in)",
    r"\breach(?:es)? (?:nothing|nobody|no\b)|\bno route to host\b|\bneither\b.{0,60}\b(?:ping|reach|answer|connect)\w*",
    r"\breach\w* .{0,40}\bnothing (?:beyond|else|behind|outside)\b",
    r"\b(?:reach|connect|answer|resolve|ping|load|access)\w*\b.{0,40}\b(?:any ?more|no longer)\b",
    r"\bno longer (?:reach|connect|answer|work|respond|resolve)\w*",
    r"\b(?:is|are|was|were) not (?:resolved|reached|answered|found|delivered|loaded)|\bno name is resolved",
    r"\b(?:is|are|was|gets?) (?:lost|dropped|rejected|blocked|closed)\b",
    r"\b(?:says?|answers?|gets?) .?no |\bstays? at\b",
    r"\b(?:hung|stalls?|stalled|stuck|freezes)\b|(?<!\d )\b(?:fails|failed|fail)\b",
    r"\bno (?:answer|response|reply|connection|connectivity)\b",
    r"\bnothing (?:comes|answers|arrives|happens|is (?:shown|loaded))\b",
    r"\b(?:unreachable|inaccessible|not (?:be )?(?:reachable|accessible|working|reached|accessed)|refused|hangs?)\b",
    "无法访问|访问不了|不通|连不上|连接不上|超时|拒绝连接|无法连接|打不开|卡住|播放失败|解析不了|没有反应|失败",
    r"(?:нет (?:доступа|ответа|соединения|связи)|не (?:доступ|работает|открыва|пингу|отвеча|удается|удаётся|могу))\w*",
    r"연결(?:되지|할 수 없|이 안)|접속(?:이 안|할 수 없|되지)|안 ?(?:됩니다|돼요|된다)",
    "つながら|接続でき|アクセスでき|応答(?:が|し)な",
    r"n'(?:arrive|est) pas|injoignable|impossible de|no (?:puede|llega|hay (?:respuesta|conexión))",
    r"não (?:consegue|responde|funciona|acessa)|non (?:risponde|funziona|raggiung\w+)",
    r"geht nicht|funktioniert nicht|nie (?:działa|odpowiada)",
    r"nicht erreichbar|keine (?:Antwort|Verbindung)|ne (?:répond|fonctionne)|no (?:responde|funciona|se puede acceder)",
)
_TROUBLE = re.compile("|".join(_SAID), re.IGNORECASE)
_ERROR = re.compile(r"\b(?:error|fail\w*|cannot|in use|denied|bind:)", re.IGNORECASE)
"""The words of a line that says why a program does not listen."""
_LISTENING = re.compile(
    r"\b(?:listen(?:s|ing|ed|er)?|running|started?|serving|serves|server|available|bound|ready|up)\b"
    r"[^\n]{0,60}?(?:\b(?:on|at|to)\b|:|\bport\b)[^\n]{0,20}?(?:https?://)?"
    r"(?P<address>127\.\d+\.\d+\.\d+|0\.0\.0\.0|localhost|\[?::1?\]?|\*)?"
    r":? ?(?:port )?(?P<port>\d{2,5})\b(?![.\d])",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<!\d)[.](?=\s|$)|[;!?](?=\s|$)|(?<=[^\x00-\x7f])[。；！？]")
_WAITS = re.compile(r"\btim(?:e|es|ed|ing)[ -]?outs?\b|超时")
_CLAUSE = re.compile(r",|:\s|\b(?:but|and|while|whereas|however|yet|though|although)\b", re.IGNORECASE)
_IS_ERROR = re.compile(r"\s*(?:\w+ )?(?:error|warning|warn|info|fatal)\b|\s*\S+:\s", re.IGNORECASE)
_AT_HOST = re.compile(
    r"\b(?:on|from|in|at|inside) (?:the |this |my |that |its )?(?:docker |same |ec2 |virtual |own |local )?"
    r"(?:host|server|instance|machine|vps|vm|droplet|box|node)\b(?! (?:network|mode))|\b(?:the )?host itself\b"
    r"|\blocally\b",
    re.IGNORECASE,
)
_LOCALHOST = re.compile(r"\blocalhost\b|\b127\.0\.0\.1\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\boutside(?: world)?\b|\belsewhere\b|\b(?:another|other|different|any other|remote|client) (?:machines?"
    r"|hosts?|computers?|pcs?"
    r"|devices?|laptops?|locations?)\b|\b(?:external|remote|public)ly\b|\b(?:external|public) (?:ip|address"
    r"|clients?|access|domain)\b|\binternet\b|\bfrom (?:my|a|the) (?:(?:personal|own|local|home|work|office"
    r"|windows|other) )?(?:laptop|pc|mac"
    r"|macbook|phone|desktop|computer|home|windows|browser)\b|\b(?:my|a|the) browser\b|\b(?:the )?lan\b",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r"\b(?:works?|worked|working|fine|ok|okay|answers?|answered|responds?|comes(?! up)|loads?|loaded|reachable"
    r"|accessible|succeeds?"
    r"|gets? (?:a|the|it|an|back)|(?:gives?|returns?|shows?|serves?|prints?) (?:me )?(?:a|the|its|back)|no "
    r"problem|can (?:reach|access|connect|ping|curl|see|open|get)|able to)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:curl|wget|telnet|nc|ping|psql|browser|browse|visit(?:ing)?|open(?:ed|ing)?|go(?:ing)? to|navigat\w+"
    r"|access(?:ing)?|http get"
    r"|connect(?:ing)? to|try|tried|refused|can(?:no|')t)\b",
    re.IGNORECASE,
)
"""Words of a client: the line names where it asked, not where a program listens."""
_LONGEST = 300
_FEWEST_WORDS = 3
_EVERYWHERE = ("", "0.0.0.0", "*", "::", "[::]")


def troubles_in(lines: Iterable[tuple[int, str]]) -> Iterator[Outcome]:
    """Yield an outcome for the first line that says that something does not work."""
    for number, line in lines:
        if len(line.split()) >= _FEWEST_WORDS or not line.isascii():
            found = _TROUBLE.search(line[:_LONGEST])
            if found is not None:
                yield Outcome("", line[:_LONGEST], _result_of(found[0]), line=number)
                return


def _result_of(said: str) -> Result:
    """Return what a client saw by the words of a sentence: people tell a refusal from a connection that hangs."""
    said = said.lower()
    if "refused" in said or "拒绝" in said:
        return "refused"
    return "timeout" if _WAITS.search(said) is not None else "failed"


def seen_at_both(lines: Iterable[tuple[int, str]]) -> tuple[Outcome, ...]:
    """Return that the host itself got an answer and clients elsewhere got none, if the text says both in words."""
    good: tuple[int, str] | None = None
    bad: tuple[int, str] | None = None
    for number, sentence in _sentences(lines):
        for at_host, fails in _said_of_places(sentence):
            if at_host and not fails:
                good = good or (number, sentence[:_LONGEST])
            elif fails and not at_host:
                bad = bad or (number, sentence[:_LONGEST])
        if good is not None and bad is not None:
            return (
                Outcome("", good[1], "answered", origin="host", line=good[0]),
                Outcome("", bad[1], "failed", line=bad[0]),
            )
    return ()


def _sentences(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the sentences, each with the number of its first line.  A sentence goes on in the next line of the text."""
    held, begun, last = "", 0, -1
    for number, line in lines:
        if _IS_ERROR.match(line) is not None or len(line) > 3 * _LONGEST:
            continue
        if number != last + 1 and held:
            yield begun, held
            held = ""
        *whole, rest = _SENTENCE.split(line)
        for each in whole:
            yield (begun if held else number), f"{held} {each}".strip()
            held = ""
        begun, held, last = (begun if held else number), f"{held} {rest}".strip(), number
        if len(held) > 3 * _LONGEST:
            held = ""
    if held:
        yield begun, held


def _said_of_places(sentence: str) -> Iterator[tuple[bool, bool]]:
    """Yield for each place that a sentence speaks of whether it is the host, and whether the connection fails there.
    A clause without a place speaks of the place before it."""
    at_host: bool | None = None
    for clause in _CLAUSE.split(sentence):
        elsewhere = _ELSEWHERE.search(clause) is not None
        own = _AT_HOST.search(clause) is not None or (not elsewhere and _LOCALHOST.search(clause) is not None)
        if own != elsewhere:
            at_host = own
        elif own:
            at_host = None
        fails = _TROUBLE.search(clause) is not None
        if at_host is not None and (fails or _WORKS.search(clause) is not None):
            yield at_host, fails


def listeners_in(lines: Iterable[tuple[int, str]]) -> Iterator[Listener]:
    """Yield where programs say that they listen, each port once."""
    known: set[int] = set()
    for number, line in lines:
        found = _LISTENING.search(line[:_LONGEST])
        if found is None or any(each.search(line[:_LONGEST]) is not None for each in (_ERROR, _TROUBLE, _ASKS)):
            continue
        port, address = int(found["port"]), (found["address"] or "").lower()
        if port not in known and 0 < port < 1 << 16:
            known.add(port)
            yield Listener(port, "" if address in _EVERYWHERE else "127.0.0.1", number)
