"""Rules of the small Docker host, edited as text: lines removed, lines added, a further chain with a jump to it."""

from tests.small_host import DOCKER_RULES

STAGE_1, STAGE_2 = "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"


def without(*texts: str, rules: str = DOCKER_RULES) -> str:
    """Return the rules without the lines that contain one of the texts."""
    return "".join(f"{line}\n" for line in rules.splitlines() if not any(text in line for text in texts))


def with_rule(place: str, rule: str, rules: str = DOCKER_RULES) -> str:
    """Return the rules with one more before all others of its chain; ``place``: ``filter FORWARD``."""
    table, chain = place.split()
    before, after = rules.split(f"*{table}\n")
    lines = after.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith(("-A", "COMMIT")))
    return f"{before}*{table}\n" + "\n".join([*lines[:first], f"-A {chain} {rule}", *lines[first:]])


def with_chain(name: str, *held: str, hook: str | None = "FORWARD", rules: str = DOCKER_RULES) -> str:
    """Return the rules with one more chain of the filter table; the first rule of the hook's chain jumps to it."""
    led = rules if hook is None else with_rule(f"filter {hook}", f"-j {name}", rules)
    before, after = led.split("*filter\n")
    lines = "".join(f"-A {name} {rule}\n" for rule in held)
    return f"{before}*filter\n:{name} - [0:0]\n{after.replace('COMMIT', f'{lines}COMMIT', 1)}"


def without_chain(table: str, *names: str, rules: str = DOCKER_RULES) -> str:
    """Return the rules after these chains were flushed and deleted: none of their rules, and no jump to them."""
    before, after = rules.split(f"*{table}\n")
    held, commit, rest = after.partition("COMMIT\n")
    gone = tuple(text for name in names for text in (f":{name} ", f"-A {name} "))
    jumps = tuple(f"-j {name}" for name in names)
    kept = (line for line in held.splitlines() if not line.startswith(gone) and not line.endswith(jumps))
    return f"{before}*{table}\n" + "".join(f"{line}\n" for line in kept) + commit + rest


def with_policy(chain: str, policy: str, rules: str = DOCKER_RULES) -> str:
    """Return the rules with another policy of a base chain of the filter table."""
    before, after = rules.split("*filter\n")
    lines = (f":{chain} {policy} [0:0]" if line.startswith(f":{chain} ") else line for line in after.splitlines())
    return f"{before}*filter\n" + "\n".join(lines) + "\n"


def in_table(table: str, chain: str, rule: str, rules: str = DOCKER_RULES) -> str:
    """Return the rules with a table of one rule beside them (raw, mangle)."""
    return f"*{table}\n:{chain} ACCEPT [0:0]\n-A {chain} {rule}\nCOMMIT\n{rules}"


ALL_RULES = with_chain(
    STAGE_1, f"-i docker0 ! -o docker0 -j {STAGE_2}", "-j RETURN",
    rules=with_chain(STAGE_2, "-o docker0 -j DROP", "-j RETURN", hook=None),
)  # fmt: skip
"""All that dockerd 20.10 makes on that host; DOCKER_RULES leave out what keeps networks apart."""

PROXY_OFF_RULES = with_rule(
    "nat OUTPUT", "-m addrtype --dst-type LOCAL -j DOCKER", with_rule(
        "nat DOCKER", "-p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80", with_rule(
            "nat POSTROUTING", "-o docker0 -m addrtype --src-type LOCAL -j MASQUERADE",
            without("-A OUTPUT", "-A DOCKER -i docker0", "-j DNAT", rules=ALL_RULES),
        ),
    ),
)  # fmt: skip
"""All that dockerd 20.10 makes with ``userland-proxy`` off: it translates its own and the bridge's packets too."""
