"""How long the money lasts, from balance readings alone. Pure arithmetic: it asks nobody and knows no Slack."""
