"""The demo: a local Slack and a scripted day. Nothing in production imports it."""
