"""hairpin's image, run by the lab hosts' own engines, against the checkout on the same hosts."""
