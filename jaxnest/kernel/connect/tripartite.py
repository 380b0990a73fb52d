"""Connections between two populations that a third population joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connecting import (
    Batch,
    Builder,
    Site,
    check_symmetry,
    copied,
    n_drawn,
    random_parameters,
    refuse_empty,
    rewind,
)
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules import RULES, THIRD_RULES, Pairs, Process, Rule
from jaxnest.kernel.connect.rules.base import ThirdRule
from jaxnest.kernel.synapses.checks import Compatibility, illegal
from jaxnest.kernel.synapses.specification import SynapseSpec
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.random.numbers.streams import identities

ROLES = ("primary", "third_in", "third_out")


@final
class TripartiteBuilder:
    """Makes the connections of one call of TripartiteConnect."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._network = site.network
        self._builder = Builder(replace(site, append=self._collect))
        self._collected: dict[tuple[int, str], list[tuple[NamedModel, np.ndarray, Mapping[str, Any]]]] = {}
        self._keys = np.empty(0, np.int64)

    def connect(
        self,
        populations: tuple[np.ndarray, np.ndarray, np.ndarray],
        conn_spec: Mapping[str, Any],
        third_spec: Mapping[str, Any],
        syn_specs: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> None:
        """Connect sources, targets and third population."""
        sources, targets, third = populations
        for ids, which in ((sources, "Presynaptic"), (targets, "Postsynaptic"), (third, "Third-factor")):
            refuse_empty(ids, which)
        third_rule = self._third_rule(targets, third, third_spec)
        rule = self._primary_rule(sources, targets, conn_spec)
        specs = {role: self._builder.specs(syn_specs[role]) for role in ROLES}
        for role in ROLES:
            check_symmetry(rule, specs[role])
        if not self._network.nodes.has_proxies(np.concatenate([targets, third])).all():
            raise illegal("Third-factor connections are not possible with nodes without proxies (usually devices).")
        self._site.announce_change()
        self._primary_and_out(rule, third_rule, third, specs)
        self._into_third(sources, third, specs["third_in"])

    def _primary_rule(self, sources: np.ndarray, targets: np.ndarray, conn_spec: Mapping[str, Any]) -> Rule:
        name = conn_spec.get("rule")
        if "rule" in conn_spec and name not in RULES:
            raise illegal(f"Unknown connection rule '{name}'.{errors.nearest(str(name), RULES)}")
        rule = self._builder.rule(sources, targets, conn_spec)
        if rule.make_symmetric:
            raise errors.BadProperty("Third-factor connectivity cannot be used with 'make_symmetric == True'.")
        return rule

    @staticmethod
    def _third_rule(targets: np.ndarray, third: np.ndarray, third_spec: Mapping[str, Any]) -> ThirdRule:
        options = dict(third_spec)
        if "rule" not in options:
            raise errors.BadProperty("The third-factor connection specification must contain a connection rule.")
        name = options.pop("rule")
        if name not in THIRD_RULES:
            hint = errors.nearest(str(name), THIRD_RULES)
            raise illegal(f"Unknown third-factor connection rule '{name}'.{hint}")
        rule = THIRD_RULES[name](targets, third, options)
        if options:
            hint = errors.nearest(next(iter(options)), third_spec)
            raise errors.UnaccessedDictionaryEntry(
                f"Unaccessed elements in third-factor conn_spec: {', '.join(options)}."
            )
        return rule

    def _primary_and_out(
        self, rule: Rule, third_rule: ThirdRule, third: np.ndarray, specs: Mapping[str, list[SynapseSpec]]
    ) -> None:
        """Make the primary connections and those from the third population, which NEST makes in turn."""
        processes = self._builder.processes()
        factor = third_rule.factor(len(self._network.nodes), random_parameters(specs["third_out"]))
        draws = Draws(random_parameters(specs["primary"]), third=factor)
        checks = [
            Compatibility(self._network.nodes, rule.sources, rule.targets),
            Compatibility(self._network.nodes, third, rule.targets),
        ]
        rule.prepare(processes, draws)
        problems: list[Exception] = []
        self._joined: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for process in processes:
            state, pools = copied(process.random_state()), factor.pools.copy()
            pairs = rule.pairs(process, draws)
            if pairs.ended is not None:
                raise pairs.ended
            draws.check()
            n, nothing = draws.n_own, np.empty(0, np.int64)
            rows = np.flatnonzero(~np.isnan(pairs.drawn[n]))
            nodes = pairs.drawn[n, rows].astype(np.int32)
            primary = Pairs(pairs.source, pairs.target, pairs.drawn[:n], nothing)
            out = Pairs(nodes, pairs.target[rows], pairs.drawn[n + 1 :, rows], nothing)
            parts = zip((primary, out), ("primary", "third_out"), checks, strict=True)
            batches = [self._builder.plan(process, part, specs[role], check) for part, role, check in parts]
            problem = self._make_in_turn(process, batches, (2 * np.arange(len(pairs.source)), 2 * rows + 1))
            if problem is not None:
                row, n_last, error = problem
                rewind(process.random_state(), state)
                factor.pools[:] = pools
                rule.replay(process, draws.until(row + 1, n_last), pairs)
                problems.append(error)
            self._joined.append((pairs.source[rows], nodes, pairs.target[rows]))
        if problems:
            raise problems[0]

    def _make_in_turn(
        self, process: Process, batches: Sequence[Batch], keys: Sequence[np.ndarray]
    ) -> tuple[int, int, Exception] | None:
        """Make connections of two kinds in the order of their keys, up to the first that is not possible.

        Returns
        -------
        tuple or None
            The primary connection at which this ends, how many values are drawn for it, and the error.
        """
        first = [k[b.refusal.row] if b.refusal is not None else np.inf for b, k in zip(batches, keys, strict=True)]
        failed = int(np.argmin(first))
        end = first[failed]
        for i, (batch, own) in enumerate(zip(batches, keys, strict=True)):
            self._keys = own
            self._builder.make(batch, None if i == failed else int(np.searchsorted(own[batch.rows], end)))
        self._flush(process)
        refusal = batches[failed].refusal
        if refusal is None:
            return None
        everything = np.iinfo(np.int64).max
        return int(end) // 2, n_drawn(batches[0].specs, refusal) if failed == 0 else everything, refusal.error

    def _into_third(self, sources: np.ndarray, third: np.ndarray, specs: list[SynapseSpec]) -> None:
        """Connect the source of each joined connection to the node of the third population."""
        source, node, target = (np.concatenate(parts) for parts in zip(*self._joined, strict=True))
        if self._network.streams.is_keyed:  # the order of virtual processes must not matter
            order = np.argsort(target, kind="stable")
            source, node, target = source[order], node[order], target[order]
        joined = identities(target)
        check = Compatibility(self._network.nodes, sources, third)
        draws = Draws(random_parameters(specs))
        problems: list[Exception] = []
        for process in self._builder.processes():
            mine = node % process.n == process.index
            state = copied(process.random_state())
            drawn = draws.rows(process.index, process.stream, node[mine], joined[mine])
            draws.check()
            self._keys = np.arange(int(mine.sum()))
            pairs = Pairs(source[mine], node[mine], drawn, np.empty(0, np.int64))
            refusal = self._builder.add(process, pairs, specs, check)
            self._flush(process)
            if refusal is not None:
                rewind(process.random_state(), state)
                limited = draws.until(refusal.row + 1, n_drawn(specs, refusal))
                limited.rows(process.index, process.stream, pairs.target)
                problems.append(refusal.error)
        if problems:
            raise problems[0]

    def _collect(self, thread: int, named: NamedModel, category: str, n: int, values: Mapping[str, Any]) -> None:
        """Hold connections back until it is known which others go between them."""
        keys = np.repeat(self._keys, -(-n // max(len(self._keys), 1)))[:n]
        self._collected.setdefault((named.index, category), []).append((named, keys, values))

    def _flush(self, process: Process) -> None:
        """Store what was collected, in the order of the keys."""
        for (_, category), parts in self._collected.items():
            named = parts[0][0]
            if len(parts) == 1:
                self._site.append(process.index, named, category, len(parts[0][1]), parts[0][2])
                continue
            order = np.argsort(np.concatenate([keys for _, keys, _ in parts]), kind="stable")
            values = {
                name: np.concatenate([np.broadcast_to(v[name], len(keys)) for _, keys, v in parts])[order]
                for name in parts[0][2]
            }
            self._site.append(process.index, named, category, len(order), values)
        self._collected.clear()
