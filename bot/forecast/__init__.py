"""The forecast of how long the money lasts, from balance readings alone. Pure: it asks nobody and knows no Slack."""
