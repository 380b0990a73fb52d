"""What is to be compared, and who does it: one process or several."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

import jaxnest as nest
from jaxnest.models.contract import registry
from validation import models, networks, report, statistics, tables
from validation.comparison import Report

SECTIONS = ("models", "networks", "tables", "statistics")

KEPT = {"eprop_update_interval": 1000.0, "eprop_learning_window": 1000.0, "eprop_reset_neurons_on_update": True}
"""Attributes that outlive ResetKernel, in NEST as well, and their defaults."""
Task = tuple[str, str]
"""A section of the report, and a part of it: a model, a folder of recordings, a kind of random streams."""


def tasks(options: argparse.Namespace) -> Iterator[Task]:
    """Yield what is to be done, the longest first."""
    found = {
        "statistics": statistics.rng_types,
        "networks": networks.names,
        "tables": lambda: ["all"],
        "models": lambda: models.available(options.only or ["*"]),
    }
    for section, parts in found.items():
        if section in (options.section or SECTIONS):
            yield from ((section, part) for part in parts())


def measure(options: argparse.Namespace, task: Task) -> Report:
    """Make the comparisons of one task."""
    found, patterns = Report(), options.only or ["*"]
    backends, (section, part) = options.backend or ["native"], task
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.set(**KEPT)
    if section == "models":
        models.recorded(found, backends, [part])
        if options.live:
            models.live(found, backends, models.ask(options.live, list(models.drawn(part, options.seed))))
    elif section == "networks":
        networks.recorded(found, backends, patterns, part)
        if options.live:
            networks.live(found, backends, patterns, part, options.live, options.seed)
    elif section == "tables":
        tables.recorded(found)
        if options.live:
            tables.live(found, options.live, options.seed)
    else:
        statistics.recorded(found, part)
    nest.ResetKernel()
    return found


def measure_all(options: argparse.Namespace) -> Report:
    """Make all comparisons, in one process or in several."""
    found, todo = Report(), list(tasks(options))
    if options.processes == 1:
        for task in todo:
            print(*task, file=sys.stderr, flush=True)
            found.add(measure(options, task))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options.processes, mp_context=context) as pool:
            waiting = {pool.submit(measure, options, task): task for task in todo}
            for done in as_completed(waiting):
                print(*waiting[done], file=sys.stderr, flush=True)
                found.add(done.result())
    found.sort()
    found.facts |= report.facts(options)
    return found


def missing(found: Report) -> set[str]:
    """Return the names of models that are there and that nothing was compared for."""
    return {*registry.NODE_MODELS, *registry.SYNAPSE_MODELS} - {*found.models(), *found.devices()}
