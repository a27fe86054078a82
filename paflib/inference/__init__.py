"""A photograph in, people out: reading pictures and videos, and the estimator that runs a network and the parser."""
