"""What only the user knows about one flow.  Read ``public_address`` (whether the asked address is this host's),
``of_walk`` (the walk's own questions), ``no_ipv6`` (a namespace without IPv6), ``needless_rules`` (deleted IPv6 policy
rules that the kernel may not need), ``led_elsewhere`` (a rule that leads the packets to another machine) and
``undecided`` (what decides a flow that is not decided)."""
