"""Rules that act, carried out: an outlet whose rows are actions."""
