"""Experiments on the package: reproduction by miniature models, performance, and the training of judges."""
