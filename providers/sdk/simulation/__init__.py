"""A simulated PBX for sandboxes: loaded by the demo, tests and tools alone."""
