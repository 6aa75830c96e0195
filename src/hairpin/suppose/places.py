"""The places at which, as a text says in words, a connection works or fails."""

import re
from collections.abc import Iterator
from typing import Literal

from hairpin.sought import Sought
from hairpin.suppose.trouble import TROUBLE

Place = Literal["host", "outside", "inside"]
"""The place of a client that a text names: ``host``, ``outside`` (any other machine), or ``inside`` (a container)."""

SENTENCE_END = Sought(r"(?<!\d)[.](?=\s|$)|[;!?](?=\s|$)|[。；！？]")
_CLAUSE = Sought(r",|，|:\s|-->?|=>|\b(?:but|and|while|whereas|however|yet|though|although)\b|但是?|而", re.IGNORECASE)
_LOCALHOST = Sought(r"\blocalhost\b|\b127\.0\.0\.1\b", re.IGNORECASE)
"""Matches words that name the host, but only in a clause that names no other place."""
_PLACES: dict[Place, Sought] = {
    "outside": Sought(
        r"\boutside\b(?! of (?:docker|the container))|\belsewhere\b|\b(?:another|other|different|remote|client|external"
        r"|neighbou?r\w*) (?:\w+ )?(?:machines?|hosts?|computers?|pcs?|devices?|laptops?|locations?|servers?)\b"
        r"|\b(?:external|remote|public)ly\b|\b(?:external|public) (?:ip|address|clients?|access|domain|hosts?)\b"
        r"|\b(?:from|on|in) (?:my|a|the) (?:\w+ )?(?:laptop|pc|mac|macbook|phone|desktop|computer|home|windows|internet"
        r"|lan|network|browser)\b|\b(?:my|a|the) browser\b|\binternet\b|外网|外部|公网|其他机器|另外?一台|局域网|浏览器"
        r"|\b(?:all|every|any|other) (?:devices?|clients?|machines?|computers?|pcs?) (?:in|on|of) (?:the|my) (?:lan"
        r"|network|house)\b",
        re.IGNORECASE,
    ),
    "inside": Sought(
        r"\b(?:inside|within|in|into|from) (?:of )?(?:the |a |my |this |its |same "
        r"|that )?(?:\w+[- ])?containers?\b|\bdocker exec\b|\bcontainer itself\b|容器内|容器里|容器中|进入容器",
        re.IGNORECASE,
    ),
    "host": Sought(
        r"\b(?:on|from|in|at) (?:the |this |my |that |its )?(?:docker |same |ec2 |virtual |own "
        r"|local )?(?:host|server|instance|machine|vps|vm|droplet|box|node)\b(?! (?:network|mode))"
        r"|\b(?:host|nas|synology|diskstation|qnap|unraid|server|machine|pi) itself\b|\bhost machine\b"
        r"|\blocally\b|\bhost to\b|宿主机|本机|本地|服务器上|容器外|WSL内",
        re.IGNORECASE,
    ),
}
_WORKS = Sought(
    r"\b(?:works?|worked|working|fine|ok|okay|answers?|answered|responds?|comes(?! up)|loads?|loaded|reachable"
    r"|accessible|succeeds?|successful(?:ly)?|passes|gets? (?:a|the|it|an|back|through)|(?:gives?|returns?|shows?"
    r"|serves?|prints?) (?:me )?(?:a|the|its|back)|no problem|can (?:be )?(?:reach|access|connect|ping|curl|see|open"
    r"|get)\w*|able to|200 OK)\b|正常|可以|没问题|能(?:访问|通|连)|通的",
    re.IGNORECASE,
)


def places_in(sentence: str) -> Iterator[tuple[Place, bool]]:
    """Yield each place at which, as the sentence says, a connection works or fails; and whether the connection fails.
    A clause without a place is about the place of the clause before."""
    place: Place | None = None
    for clause in _CLAUSE.split(sentence):
        named: list[Place] = [name for name, pattern in _PLACES.items() if pattern.search(clause) is not None]
        if len(named) == 1:
            place = named[0]
        elif named:
            place = None
        elif _LOCALHOST.search(clause) is not None:
            place = "host"
        fails = TROUBLE.search(clause) is not None
        if place is not None and (fails or _WORKS.search(clause) is not None):
            yield place, fails
