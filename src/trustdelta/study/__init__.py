"""Studies: many pairs under one plan, run one by one or on a Ray cluster, and conversion methods compared."""
