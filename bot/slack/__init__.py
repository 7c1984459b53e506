"""The only folder that knows Slack: what comes in, who may, how a card looks there, and what is posted."""
