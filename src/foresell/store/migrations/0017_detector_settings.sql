-- Thresholds and modes of detectors can be changed on the command line too.

grant update (threshold, factor, window_minutes, mode, answer, changed_at, changed_by) on detection.detectors to foresell_app;
