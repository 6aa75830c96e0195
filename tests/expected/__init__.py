"""Expectations that ``init`` made of hosts, held after a break and after changes that break nothing.

``case`` draws the breaks from the lab's scenarios, ``harmless`` has the changes, ``trial`` carries them out on hosts
with real engines and firewalls, ``report`` counts.
"""
