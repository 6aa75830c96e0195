"""The words with which people tell what fails, as patterns that several facts share.  A space stands for any white
space."""

LOOK_UPS = (
    r"\b(?:dns|resolv(?:e|es|ed|ing|er)|resolution|nslookup|dig|getaddrinfo|servfail|nxdomain|server misbehaving|lookup"
    r"|unknown host|name or service not known)\b|域名|解析"
)
NO_START = (
    r"\b(?:(?:does|did|do|will|would|could|can)(?: not|n't) (?:\w+ )?start|fail(?:s|ed|ing)? to start|not starting"
    r"|refuses to start|start (?:\w+ )?fails|failed to start daemon|unable to start)\b|无法启动|启动失败"
)
SWARM = r"\b(?:swarm|overlay|ingress|docker service|docker stack)\b"
IPV6 = r"\bipv6\b|\[::\]|\bip6tables\b"
REBOOTED = r"(?a:\b(?:re-?boot\w*|re-?start(?:s|ed|ing)?(?! ?:)|power (?:loss|cycle)))|重启"
UPGRADED = (
    r"(?a:\b(?:upgrad\w+|updat\w+|since (?:version|v?\d)|full-upgrade|dist-upgrade|downgrad\w+|roll(?:ed|ing)? back"
    r"|new version|regression)\b)|升级|更新|降级|回退"
)
RELOADED = r"\b(?:reload\w*|flush\w*|re-?start\w* (?:of )?(?:the )?(?:firewall\w*|network\w*)|networkctl)\b|重载"
_LOST = (
    r"(?:gone|vanish\w*|disappear\w*|los[et]\w*|remov\w*|delet\w*|missing|wip(?:es?|ed|ing)|no longer"
    r"|stop\w* working|br[eo]ak\w*|broken|unreachable|cleared|clears)"
)
LOST_BY_RELOAD = (
    rf"\b(?:reload\w*|re-?start\w*|flush\w*)\b[^\n]{{0,120}}\b{_LOST}\b"
    rf"|\b{_LOST}\b[^\n]{{0,120}}\b(?:reload\w*|re-?start\w*|flush\w*)|(?:重载|重新加载|重启)[^\n]{{0,60}}(?:丢失|消失|清空|不通|失效)"
)
BEGINS = {"always": "", "upgrade": UPGRADED, "reboot": REBOOTED, "restart": REBOOTED, "reload": RELOADED}
"""The words that say when it began to fail, by the ``since`` of a fact."""
