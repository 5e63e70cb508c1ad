"""The worker: executes the jobs requested in the API, one at a time, and keeps the audit log sealed."""

from foresell.worker.run import run_worker

__all__ = ["run_worker"]
