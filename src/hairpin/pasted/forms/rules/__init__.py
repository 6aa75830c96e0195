"""Rules of iptables and nftables, as their tools list them.

Its modules: ``iptables_listing``, ``iptables_save``, ``listed_targets``, ``listed_words``, ``nft_ruleset``,
``nft_words``, ``sound_rules``.
"""
