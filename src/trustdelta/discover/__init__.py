"""Differences between two models' answers that no metric asked about: mined on half of the prompts, tested on the rest.

Read in this order: `pairs`, `features` and `families/`, `conditions`, `topics`, `mining`,
`profiles`, `places`, `testing`, `shown`, `search`.
"""
