"""How much what a text says speaks for and against each cause that people often have.

Read ``features`` (what a text says: which failure, where it fails and where it works, which programs it names),
``services``, ``inbound``, ``outbound`` and ``between`` (the tables: for
each cause the features that speak for it and against it) with ``lean`` (their type), and ``leaning`` (the sums).
"""
