"""What every request passes: authentication, validation, limits, errors, telemetry."""
