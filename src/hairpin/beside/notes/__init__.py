"""Facts that are worth knowing and stop no asked flow.  Read ``remarks`` (on tables, limits and addresses),
``sources_told_apart`` (clients that are stopped while others pass), ``client_networks`` (networks of clients that a
rule or a route stops), ``time_windows`` (rules that match at certain times) and ``silent_servers`` (servers outside
that sent no answer)."""
