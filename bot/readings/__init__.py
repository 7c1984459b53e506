"""The readings of accounts: opened, polled, and pushed by the vendors."""
