"""The study page: many model pairs on one page, under the rules of the audit report."""
