"""From stored responses to scores: scorers, judges of the user's, people's labels and aggregates."""
