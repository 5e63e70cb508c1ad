"""What people do with the scores: calls, call lists, snoozes, assignments, saved views, and the live events that report them.

Functions work in the transaction they are given, under the row security of the user it acts for, and record in the audit what
they change.
"""
