"""Encrypt and decrypt contact data: functions over bytes and Arrow, and the key files. Knows no database."""
