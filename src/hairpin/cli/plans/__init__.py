"""Plans of repairs: ``applying`` (carried out here), ``elsewhere`` (on other hosts), ``telling`` (how one stands),
``way_in`` (the user's own connection while that is done), ``compose_files`` (of its containers), ``half_done`` (one
that was interrupted).
"""
