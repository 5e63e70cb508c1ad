"""Call reason: why a customer should be called now, or that there is no reason."""
