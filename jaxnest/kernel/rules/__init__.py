"""The connection rules, one per file."""

from jaxnest.kernel.rules import (
    all_to_all,
    fixed_indegree,
    fixed_outdegree,
    fixed_total_number,
    one_to_one,
    pairwise_bernoulli,
    pairwise_poisson,
    symmetric_pairwise_bernoulli,
)
from jaxnest.kernel.rules.base import RULES, Pairs, Process, Rule, unknown

__all__ = [
    "RULES",
    "Pairs",
    "Process",
    "Rule",
    "all_to_all",
    "fixed_indegree",
    "fixed_outdegree",
    "fixed_total_number",
    "one_to_one",
    "pairwise_bernoulli",
    "pairwise_poisson",
    "symmetric_pairwise_bernoulli",
    "unknown",
]
