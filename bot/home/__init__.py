"""The floor at a glance: what whoever opens Ringwatch sees. It asks the store alone."""
