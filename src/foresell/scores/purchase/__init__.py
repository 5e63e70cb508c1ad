"""Purchase: the chance of an order within 30 days and what that order is worth."""
