"""The study page: many pairs on one page, by the same rules as the audit's report."""
