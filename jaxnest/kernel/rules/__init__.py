"""The connection rules, one per file."""

from jaxnest.kernel.rules import (  # noqa: F401
    all_to_all,
    fixed_indegree,
    one_to_one,
)
from jaxnest.kernel.rules.base import RULES, Pairs, Process, Rule, unknown

__all__ = ["RULES", "Pairs", "Process", "Rule", "unknown"]
