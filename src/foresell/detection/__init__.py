"""Intrusion detection: detectors over the audit log and recent activity, and the alarms they raise."""
