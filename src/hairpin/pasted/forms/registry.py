"""The forms in the order in which they are tried at a line."""

from hairpin.pasted.form import OutputForm
from hairpin.pasted.forms.engines import (
    compose_files,
    engine_info,
    engine_words,
    formatted_inspect,
    json_documents,
    ps_tables,
    typed_network,
    typed_run,
)
from hairpin.pasted.forms.network import (
    bridge_text,
    ip_json,
    ip_text,
    kernel_lists,
    net_tools,
    socket_tables,
    sysctl_lines,
)
from hairpin.pasted.forms.outcomes import connect_words, curl_words, library_words, ping_words, tcpdump_lines
from hairpin.pasted.forms.rules import iptables_listing, iptables_save, nft_ruleset
from hairpin.pasted.forms.system import (
    firewalld_words,
    known_files,
    log_lines,
    process_list,
    system_words,
    ufw_words,
    unit_words,
)

FORMS: tuple[OutputForm, ...] = (
    *known_files.FORMS,
    *log_lines.FORMS,
    *iptables_save.FORMS,
    *iptables_listing.FORMS,
    *nft_ruleset.FORMS,
    *bridge_text.FORMS,
    *ip_text.FORMS,
    *ip_json.FORMS,
    *net_tools.FORMS,
    *kernel_lists.FORMS,
    *process_list.FORMS,
    *socket_tables.FORMS,
    *sysctl_lines.FORMS,
    *typed_run.FORMS,
    *typed_network.FORMS,
    *ps_tables.FORMS,
    *engine_words.FORMS,
    *compose_files.FORMS,
    *engine_info.FORMS,
    *ufw_words.FORMS,
    *unit_words.FORMS,
    *system_words.FORMS,
    *formatted_inspect.FORMS,
    *json_documents.FORMS,
    *curl_words.FORMS,
    *connect_words.FORMS,
    *ping_words.FORMS,
    *tcpdump_lines.FORMS,
    *library_words.FORMS,
    *firewalld_words.FORMS,
)
