"""Contact data sealed and opened: functions over bytes and Arrow, and the files the keys are in. Knows no database."""
