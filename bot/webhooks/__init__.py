"""The webhook outlet: changes of incidents posted to an alert's address."""
