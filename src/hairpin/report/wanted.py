"""Words the facts that hairpin lacks for the command line: the option or the command that supplies each."""

from typing import assert_never

from hairpin.wanted import AskContainer, AskFrom, AskPort, ReadHost, StatePublic, StateReturnRoute, Wanted


def option_of(wanted: Wanted) -> str:
    """Return what a user types to supply the fact: an option, a command, or a table of the file for ``--outside``."""
    match wanted:
        case ReadHost(address=address):
            return f"--host {address or 'NODE'}"
        case StatePublic(public=public, private=private, host=host):
            return f"--public {public}{f'={private}' if private else ''}{f'@{host}' if host else ''}"
        case StateReturnRoute(subnet=subnet):
            return f'--outside FILE, with [[return_route]] network = "{subnet}"'
        case AskPort(port=port, protocol=protocol):
            return f"hairpin check {port}/{protocol}"
        case AskContainer(container=container, port=port):
            return f"hairpin check {container or 'NAME'}:{port}"
        case AskFrom(client=client):
            return f"--from {client}"
        case _:
            assert_never(wanted)
