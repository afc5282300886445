"""Model judges, and the measurement of judges against human labels."""
