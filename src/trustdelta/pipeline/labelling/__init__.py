"""Human labels of judged texts: what is labelled, by sheet, terminal or page, and what the labels change."""
