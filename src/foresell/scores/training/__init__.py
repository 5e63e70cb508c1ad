"""What all trained scores share: features, models, backtests, checks before and after training."""
