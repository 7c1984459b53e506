"""What the accounts tell: opened, polled, and pushed by the vendors."""
