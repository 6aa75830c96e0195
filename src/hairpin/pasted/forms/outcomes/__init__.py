"""Outputs of clients, which show whether a connection works.

Its modules: ``connect_words``, ``curl_words``, ``library_words``, ``outcome``, ``ping_words``,
``tcpdump_lines``.
"""
