"""Finds the places at which, as the text says in words, a connection works or fails."""

import re
from collections.abc import Iterator

from hairpin.suppose.trouble import TROUBLE

_SENTENCE = re.compile(r"(?<!\d)[.](?=\s|$)|[;!?](?=\s|$)|[。；！？\n]")
_CLAUSE = re.compile(
    r",|，|:\s|-->?|=>|\b(?:but|and|while|whereas|however|yet|though|although|mas|porém|pero|aber|mais|но)\b"
    r"|但是?|而",
    re.IGNORECASE,
)
_PLACES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "outside",
            (
                r"\boutside\b(?! of (?:docker|the container))|\belsewhere\b|\b(?:another|other|different|remote"
                r"|client|external"
                r"|neighbou?r\w*) (?:\w+ )?(?:machines?|hosts?|computers?|pcs?|devices?|servers?)\b|\b(?:external"
                r"|remote|public)ly\b"
                r"|\b(?:external|public) (?:ip|address|clients?|access|domain|hosts?)\b|\b(?:from|on) (?:my|a"
                r"|the) (?:\w+ )?"
                r"(?:laptop|pc|mac|macbook|phone|desktop|computer|windows|internet|lan|network|browser)\b"
                r"|\binternet\b"
                r"|外网|外部|公网|其他机器|另外?一台|局域网|浏览器|外から|外部から|他のPC|他の端末|同じLAN"
                r"|로컬 PC|외부에서|다른 (?:PC|컴퓨터)|извне|снаружи|von außen"
                r"|desde fuera|de fora"
            ),
        ),
        (
            "inside",
            (
                r"\b(?:inside|within|in|into|from) (?:of )?(?:the |a |my |this |its |same "
                r"|that )?(?:\w+[- ])?containers?\b"
                r"|\bdocker exec\b|\bcontainer itself\b|容器内|容器里|容器中|进入容器|コンテナ(?:内|の中)"
                r"|внутри контейнера"
                r"|dentro do container|dentro del contenedor|im Container|컨테이너 (?:안|내부)"
            ),
        ),
        (
            "host",
            (
                r"\b(?:on|from|in|at) (?:the |this |my |that |its )?(?:docker |same |ec2 |virtual |own |local )?"
                r"(?:host|server|instance|machine|vps|vm|droplet|box|node)\b(?! (?:network|mode))|\bhost (?:machine"
                r"|itself)\b"
                r"|\blocally\b|\blocalhost\b|\b127\.0\.0\.1\b|\bhost to\b|宿主机|本机|本地|服务器上|容器外"
                r"|ホスト(?:から|上|側)|WSL内|서버 (?:안|내부)에서"
                r"|на хосте|no host|en el host|auf dem (?:Host|Server)|호스트에서"
            ),
        ),
    )
)
_WORKS = re.compile(
    r"\b(?:works?|worked|working|fine|ok|okay|answers?|answered|responds?|loads?|loaded|reachable|accessible"
    r"|succeeds?"
    r"|successful(?:ly)?|passes|gets? (?:a|the|it|an|back|through)|(?:gives?|returns?|shows?|serves?"
    r"|prints?) (?:me )?(?:a|the"
    r"|its|back)|no problem|can (?:be )?(?:reach|access|connect|ping|curl|see|open|get)\w*|able to|200 OK)\b"
    r"|正常|可以|没问题|能(?:访问|通|连)|通的|できる|できた|成功し|접속되|잘 됩|работает|funciona(?!.{0,12}não)"
    r"|funktioniert(?! nicht)|됩니다",
    re.IGNORECASE,
)


def places_in(text: str) -> Iterator[str]:
    """Yield ``PLACE works`` or ``PLACE fails`` for each place about which the text says so.  The places are ``host``,
    ``outside`` (any other machine) and ``inside`` (a container).  A clause without a place is about the last place
    before it in the same sentence."""
    found: dict[str, None] = {}
    for sentence in _SENTENCE.split(text):
        place = ""
        for clause in _CLAUSE.split(sentence):
            named = [name for name, pattern in _PLACES if pattern.search(clause) is not None]
            place = named[0] if len(named) == 1 else "" if named else place
            fails = TROUBLE.search(clause) is not None
            if place and (fails or _WORKS.search(clause) is not None):
                found[f"{place} {'fails' if fails else 'works'}"] = None
    yield from found
