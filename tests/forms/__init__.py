"""The forms in which hairpin comes, on lab hosts, against the checkout on the same hosts."""
