"""For researchers: the same decisions again, from what happened alone."""
