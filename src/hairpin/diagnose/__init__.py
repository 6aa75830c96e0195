"""From a failing walk to the smallest sets of changes that repair it, named as causes, proven."""
