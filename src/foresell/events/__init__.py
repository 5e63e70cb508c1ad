"""Customer events: their contract, intake, store, and what is derived from them."""
