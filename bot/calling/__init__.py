"""Whom the bot may call: numbers as people type them, the rules, what is told of a deed that was cut off."""
