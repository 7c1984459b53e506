"""Slack, which no other folder knows: what comes in, who may, how a card looks there, and what is posted."""
