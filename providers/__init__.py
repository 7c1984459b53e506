"""Adapters for hosted PBX systems. Knows nothing of Slack, of the bot, of Redis."""
