"""The connection rules, one per file."""

from jaxnest.kernel.connect.rules import (
    all_to_all,
    fixed_indegree,
    fixed_outdegree,
    fixed_total_number,
    one_to_one,
    pairwise_bernoulli,
    pairwise_poisson,
    symmetric_pairwise_bernoulli,
    third_factor_bernoulli_with_pool,
)
from jaxnest.kernel.connect.rules.base import RULES, THIRD_RULES, Pairs, Process, Rule, unknown

__all__ = [
    "RULES",
    "THIRD_RULES",
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
    "third_factor_bernoulli_with_pool",
    "unknown",
]
