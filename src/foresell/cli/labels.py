"""What prediction tasks are called in the output; their codes are what `--task` takes."""

from __future__ import annotations

TASKS = {
    "purchase": "Chance to order (30 days)", "churn": "Churn (90 days)", "churn_180": "Churn (180 days)",
    "expected_revenue": "Expected revenue (30 days)", "lifetime_value": "Lifetime value (12 months)", "revenue_forecast": "Revenue forecast",
}  # fmt: skip


def label_task(task: str) -> str:
    """A task's name with its code, such as `Churn (90 days) [churn]`."""
    return f"{TASKS[task]} [{task}]" if task in TASKS else task
