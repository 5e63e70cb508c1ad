"""Last year's revenue: a fact next to the predictions, and what is shown where they are off."""
