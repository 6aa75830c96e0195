"""Random cases, each a function of its seed alone."""
