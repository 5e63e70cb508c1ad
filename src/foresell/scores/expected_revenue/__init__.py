"""Expected revenue: what each customer is expected to spend in the next 30 days, adding up to the company's forecast."""
