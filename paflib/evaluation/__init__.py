"""How good is it? Measures that others use, computed as others compute them."""

from paflib.evaluation.oks import evaluate_oks

__all__ = ["evaluate_oks"]
