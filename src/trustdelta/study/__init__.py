"""Studies: audits of many pairs under one plan, on one machine or a Ray cluster, and comparison of methods."""
