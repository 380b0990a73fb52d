"""The table and the plot in the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measurements: begin -->", "<!-- measurements: end -->"
ROWS = {
    "process": ("whole process", "s"),
    "process_cpu": ("whole process, processor time", "s"),
    "import": ("import, processor time", "s"),
    "start_up": ("start, with a tiny network", "s"),
    "build": ("building", "s"),
    "prepare": ("preparing", "s"),
    "construction": ("building and preparing", "s"),
    "first_run_overhead": ("first run, overhead", "s"),
    "seconds_per_biological_second": ("per biological second", "s"),
    "busy": ("per biological second, processor time", "s"),
    "synaptic_events_per_second": ("synaptic events per second", "10⁶"),
    "peak_memory": ("peak memory", "MiB"),
    "bytes_per_synapse": ("per synapse", "bytes"),
    "growth": ("memory that each further network leaves", "KiB"),
    "first_recurrent": ("20 neurons, connections, noise, processor time", "s"),
    "first_neuron": ("one neuron, processor time", "s"),
    "first_adaptive": ("one adaptive neuron, processor time", "s"),
    "first_plastic": ("one plastic connection, processor time", "s"),
    "step": ("Simulate(1)", "µs"),
    "step_set": ("set a parameter of all neurons; Simulate(1)", "µs"),
    "step_current": ("set a current; Simulate(1)", "µs"),
    "step_rate": ("set a generator's rate; Simulate(1)", "µs"),
    "step_weight": ("set all weights; Simulate(1)", "µs"),
    "step_connect": ("Connect two neurons; Simulate(1)", "µs"),
    "step_create": ("Create one neuron; Simulate(1)", "µs"),
    "call_create": ("Create one node", "µs"),
    "call_create_set": ("Create one node, two parameters", "µs"),
    "call_connect": ("Connect two nodes", "µs"),
    "call_connect_spec": ("Connect two nodes, weight and delay", "µs"),
    "call_get_status": ("GetStatus of one node", "µs"),
    "call_get": ("read a property", "µs"),
    "call_set": ("set a property", "µs"),
    "call_get_many": ("get() of 1,000 nodes", "µs"),
    "call_set_many": ("SetStatus of 1,000 nodes, one dictionary each", "µs"),
    "call_set_defaults": ("SetDefaults", "µs"),
    "call_get_connections": ("GetConnections", "µs"),
    "call_reset": ("ResetKernel", "µs"),
    "connect_spatial": ("layer, kernel and mask, weights and delays by distance", "s"),
    "connect_bernoulli": ("pairwise_bernoulli", "s"),
    "connect_total_number": ("fixed_total_number", "s"),
    "connect_one_to_one": ("one_to_one", "s"),
    "connect_all_to_all": ("all_to_all", "s"),
    "connect_random_values": ("all_to_all, random weights and delays", "s"),
    "connect_arrays": ("arrays of ids, weights and delays", "s"),
    "find_all": ("GetConnections()", "s"),
    "find_source": ("GetConnections(source)", "s"),
    "find_target": ("GetConnections(target)", "s"),
    "find_model": ("GetConnections(synapse_model)", "s"),
    "find_both": ("GetConnections(source, target, synapse_model)", "s"),
    "read_attribute": ("connections.weight", "s"),
    "read_several": ("connections.get() of four values", "s"),
    "write_one": ("connections.set(weight=number)", "s"),
    "write_array": ("connections.weight = array", "s"),
    "write_list": ("connections.set(weight=list)", "s"),
    "record_spikes": ("recording spikes", "s"),
    "read_spikes": ("reading spikes", "s"),
    "record_samples": ("recording samples", "s"),
    "read_samples": ("reading samples", "s"),
}
IMPORTANT = {
    "synaptic events per second": "synaptic_events_per_second",
    "building and preparing": "construction",
    "memory per synapse": "bytes_per_synapse",
}
MANY_SYNAPSES = 500_000
"""In smaller networks everything but the synapses decides about memory."""
FACTORS = {"10⁶": 1e-6, "MiB": 2.0**-20, "KiB": 2.0**-10, "µs": 1e6}


def number(x: float) -> str:
    """Write a number with three digits."""
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def table(results: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table."""
    names = list(results[0]["simulators"])
    own = names[1:]
    yield (
        "| load | threads | quantity | unit | "
        + " | ".join([*names, *(f"NEST / {n}: median (smallest – largest)" for n in own)])
        + " |"
    )
    yield "| --- " * (4 + len(names) + len(own)) + "|"
    for result in results:
        for key, (label, unit) in ROWS.items():
            found = result["simulators"][names[0]]
            if key not in found or (key == "bytes_per_synapse" and found["connections"]["median"] < MANY_SYNAPSES):
                continue
            measured = [result["simulators"].get(n, {}).get(key) for n in names]
            cells = [number(m["median"] * FACTORS.get(unit, 1.0)) if m else "" for m in measured]
            for name in own:
                ratio = result["ratios"].get(name, {}).get(key)
                cells.append("" if ratio is None else "{} ({} – {})".format(*_in_order(ratio)))
            yield f"| {result['title']} | {result['threads']} | {label} | {unit} | " + " | ".join(cells) + " |"


def summary(results: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table of the most important ratios: medians, NEST over jaxnest."""
    own = list(results[0]["simulators"])[1:]
    yield "| NEST / jaxnest | threads | " + " | ".join(f"{label}: {name}" for label in IMPORTANT for name in own) + " |"
    yield "| --- " * (2 + len(IMPORTANT) * len(own)) + "|"
    for result in results:
        if "connections" not in result["simulators"][own[0]]:
            continue
        small = result["simulators"][own[0]]["connections"]["median"] < MANY_SYNAPSES
        cells = []
        for key in IMPORTANT.values():
            ratios = [None if small and key == "bytes_per_synapse" else result["ratios"][name].get(key) for name in own]
            cells += ["" if ratio is None else number(ratio["median"]) for ratio in ratios]
        yield f"| {result['title']} | {result['threads']} | " + " | ".join(cells) + " |"


def goals(results: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table of what is to be reached, and whether it is."""
    own = list(results[0]["simulators"])[1]
    yield f"| load | quantity | NEST | {own} | NEST / {own}: median (smallest – largest) | goal | reached |"
    yield "| --- " * 7 + "|"
    for result in results:
        ours, theirs = result["simulators"][own], result["simulators"]["nest"]
        for key in [k for k in ROWS if k in result["at_least"] or k in result["at_most"]]:
            label, unit = ROWS[key]
            ratio, factor = result["ratios"][own].get(key), FACTORS.get(unit, 1.0)
            for goal, least in ((result["at_least"].get(key), True), (result["at_most"].get(key), False)):
                if goal is None:
                    continue
                reached = ratio is not None and ratio["median"] >= goal if least else ours[key]["median"] <= goal
                cells = [f"{number(values[key]['median'] * factor)} {unit}" for values in (theirs, ours)]
                cells += ["" if ratio is None else "{} ({} – {})".format(*_in_order(ratio))]
                cells += [f"at least {goal:g}" if least else f"at most {number(goal * factor)} {unit}"]
                yield f"| {result['title']} | {label} | " + " | ".join([*cells, "yes" if reached else "**no**"]) + " |"


def _in_order(ratio: dict[str, float]) -> tuple[str, str, str]:
    return number(ratio["median"]), number(ratio["min"]), number(ratio["max"])


def limits(results: list[dict[str, Any]], bandwidths: dict[str, float]) -> Iterator[str]:
    """Yield how close the delivery of spikes comes to the machine's memory bandwidth."""
    for result in results:
        for name, values in result["simulators"].items():
            moved = values.get("bytes_per_event", {}).get("median", 0.0)
            if moved and str(result["threads"]) in bandwidths:
                used = moved * values["synaptic_events_per_second"]["median"]
                share = used / bandwidths[str(result["threads"])]
                yield (
                    f"- {result['title']}, {name}, {result['threads']} thread(s): {moved:.0f} bytes per event, "
                    f"{used * 1e-9:.2f} GB/s, {100 * share:.1f} % of the memory bandwidth"
                )


def markdown(report: dict[str, Any]) -> str:
    """Return what stands between the markers of the page."""
    machine = report["machine"]
    bandwidths = ", ".join(f"{1e-9 * b:.1f} GB/s with {n} thread(s)" for n, b in machine["bandwidth"].items())
    lines = [
        f"Measured on {report['date']} on {machine['processor']}, {machine['processors']} processor(s); "
        f"jaxnest {report['versions']['jaxnest']}, NEST {report['versions']['nest']}; {report['repetitions']} turns.",
        f"Memory bandwidth (copying): {bandwidths}.",
        *(f"**Beware:** {warning}." for warning in report["warnings"]),
        "",
        "![Seconds per biological second by size of the network](images/performance.png)",
        "",
        *summary(report["results"]),
        "",
        "Sessions of small networks, and what scripts do before anything is simulated:",
        "",
        *goals(report["results"]),
        "",
        "All quantities:",
        "",
        *table(report["results"]),
        "",
        "Bytes that spikes between neurons move, if nothing is found in a cache:",
        "",
        *limits(report["results"], machine["bandwidth"]),
    ]
    return "\n".join(lines)


def write_page(path: Path, text: str) -> None:
    """Replace what stands between the markers of a page."""
    page = path.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def plot(results: list[dict[str, Any]], path: Path) -> None:
    """Draw seconds per biological second over the number of neurons."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    key = "seconds_per_biological_second"
    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    markers = {}
    for result in results:
        for name, values in result["simulators"].items():
            if key not in values or not result["neurons"]:
                continue
            v = values[key]
            kind = result["title"].split(",")[0]
            marker = markers.setdefault(kind, "osDv^"[len(markers) % 5])
            color = f"C{list(result['simulators']).index(name)}"
            errors = [[v["median"] - v["min"]], [v["max"] - v["median"]]]
            axes.errorbar(
                result["neurons"], v["median"], errors, fmt=marker, color=color, alpha=1.0 / result["threads"] ** 0.5,
                label=f"{kind}: {name}, {result['threads']} thread(s)",
            )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="neurons", ylabel="seconds per biological second")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    if unique:
        axes.legend(unique.values(), unique.keys(), fontsize=7, ncols=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)
