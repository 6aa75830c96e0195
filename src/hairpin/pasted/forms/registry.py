"""The forms in the order in which they are tried at a line."""

from hairpin.pasted.form import Form
from hairpin.pasted.forms import (
    compose_files,
    connect_words,
    curl_words,
    engine_words,
    ip_text,
    iptables_listing,
    iptables_save,
    json_documents,
    library_words,
    ping_words,
    ps_tables,
    sysctl_lines,
    tcpdump_lines,
    typed_run,
)

FORMS: tuple[Form, ...] = (
    *iptables_save.FORMS,
    *iptables_listing.FORMS,
    *ip_text.FORMS,
    *sysctl_lines.FORMS,
    *typed_run.FORMS,
    *ps_tables.FORMS,
    *engine_words.FORMS,
    *compose_files.FORMS,
    *json_documents.FORMS,
    *curl_words.FORMS,
    *connect_words.FORMS,
    *ping_words.FORMS,
    *tcpdump_lines.FORMS,
    *library_words.FORMS,
)
