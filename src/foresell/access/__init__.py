"""Access rights: users, passwords, factors, sessions, roles, API keys. Functions over an open connection."""
