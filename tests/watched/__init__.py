"""The five stories of the people for whom hairpin is, replayed under a running guard: who did it, and when.

``stories`` has the hosts and the changes, ``trial`` runs a guard in a host and carries a change out.
"""
