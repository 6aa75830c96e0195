"""The words of typed commands and of compose files that are about the network and contain no secret.

A command line may contain a password, so its other words are not kept.  The values of these options are only names,
addresses and numbers.
"""

from hairpin.sought import Sought

_VALUE = r"(?:[a-z][a-z+.-]*://)?[\w.*+:\[\]-]{1,60}(?:/[\w./-]*)?"
"""Matches a port, an address, a name, or a URL without a user."""
_SETTING = (
    r"(?:[A-Z][A-Z0-9]*_){0,4}(?:(?:PG)?PORTS?|HOST(?:NAME)?|ADDR(?:ESS)?|BIND|LISTEN|IP|URLS?|URI|SERVER|UPSTREAM|ENDPOINT"
    r"|ORIGIN|LISTENERS)"
)
"""Matches a variable of a program's environment that names a port or an address."""
_LABEL = r"traefik\.(?:enable|(?:docker\.)?network|(?:(?:http|tcp)\.services\.[\w-]+\.loadbalancer\.server\.)?port)"
_ENGINE = Sought(
    r"(?:sudo )?(?:/\S*/)?(?:docker-compose|podman-compose|docker|podman|nerdctl)(?: (?:container|compose"
    r"|network|run|create|start|exec"
    r"|connect|disconnect|prune|up|service))*\b"
)
_OPTION = Sought(
    r"(?<!\S)(?:--(?:net(?:work)?|driver|subnet|gateway|ip|ip6|ip-range|publish|add-host|dns|mtu|bridge|iptables"
    r"|icc|ip-masq"
    r"|userland-proxy|cap-add|link|sysctl)(?:=| )[\w.:/,=-]+|--(?:internal|privileged|ipv6|publish-all"
    r"|attachable|service-ports|force-recreate)"
    rf"|(?:-e|--env)(?:=| )[\"']?{_SETTING}={_VALUE}[\"']?|(?:-l|--label)(?:=| )[\"']?{_LABEL}={_VALUE}[\"']?"
    r"|--name(?:=| )[\w.-]+"
    r"|-d (?:macvlan|ipvlan|bridge|overlay)|-p [\d.:]+(?:/\w+)?|-P|-o (?:parent|com\.docker\.network)[\w.=-]+)(?!\S)"
)
_KEPT = Sought(r"compose|network (?:connect|disconnect|prune)")
"""Matches calls whose words count even without an option about the network."""
_SENTENCE = Sought(r"[a-z\d]{2}\. (?P<said>[A-Z][a-z]* [a-z]+:? .*)$")
"""Matches a sentence after a command in the same line: it begins with a capital letter."""
_COMPOSE = Sought(
    r"\s*-?\s*(?:network_mode|internal|external|driver|parent|subnet|gateway|ipv4_address|ports|expose|links"
    r"|depends_on"
    r"|networks|extra_hosts|enable_ipv6|com\.docker\.network[\w.]*)\s*:.{0,60}$"
    r"|\s*-\s*[\"']?(?:\d+\.\d+\.\d+\.\d+:)?\d+:\d+(?:/\w+)?[\"']?\s*$"
    r"|\s*-?\s*[\"']?[\w.]+[\"']?\s*[:=]\s*[\"']?(?:\w+://)?(?:localhost|127\.0\.0\.1"
    r"|host\.docker\.internal)(?::\d+)?[\w/]*"
    r"[\"']?\s*$"
    rf"|\s*-?\s*[\"']?(?:{_SETTING}|{_LABEL})[\"']?\s*[:=]\s*[\"']?{_VALUE}[\"']?\s*$"
    r"|\s*[\"']?[\w.-]+[\"']?:\s*$|\s*-?\s*container_name\s*:\s*[\"']?[\w.-]+[\"']?\s*$"
    r"|\s*command\s*:\s*\[?[\"']?[\w/.-]+[\"']?,?\s+[\"']?--port[= \"',]+\d+[\"']?\]?\s*$"
    r"|\s*command\s*:\s*\[?[\"']?(?:[\w/]+/)?redis-server[\"']?,?\s*[\"']?/[\w./-]+\.conf[\"']?\]?\s*$"
)


def harmless_words(command: str) -> str:
    """Return the words about the network in an engine's command line, and the sentences after the command; empty if
    there are none.  A call of compose is about the network, too, because its projects have networks of their own."""
    engine = _ENGINE.match(command)
    options = _OPTION.findall(command) if engine is not None else []
    said = _SENTENCE.search(command)
    behind = f". {said['said']}" if said is not None else ""
    is_kept = engine is not None and (options or behind or _KEPT.search(engine[0]) is not None)
    return " ".join((engine[0], *options)) + behind if engine is not None and is_kept else behind


def is_harmless(line: str) -> bool:
    """Return whether a line of a compose file is about the network and has only names, addresses and numbers."""
    return _COMPOSE.match(line) is not None
