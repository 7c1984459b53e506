"""The tools that adapter authors share: the door to the network, lenient readers, a simulated PBX. Knows no vendor."""
