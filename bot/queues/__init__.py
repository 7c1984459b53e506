"""Sums over queues and their calls. Pure."""
