"""Write the pages that follow from the code: one per model, and the compatibility tables.

    python docs/generate.py

`mkdocs` runs this by itself before it builds the site.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxnest.kernel.settings.attribute_table import ATTRIBUTES, Attribute
from jaxnest.models.contract import registry
from jaxnest.models.contract.base import Quantity
from jaxnest.models.nest import nest_names

DOCS = Path(__file__).parent
FORMULA = re.compile(r"^\.\. math::[ \t]*((?:.*\n?)(?:(?:[ \t]+\S.*|[ \t]*)(?:\n|\Z))*)", re.MULTILINE)
VARIANTS = {"_hpc": "takes less memory; receptor 0 only", "_lbl": "with a `synapse_label`"}


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table in Markdown."""
    head = list(columns)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines) + "\n"


def write(name: str, text: str) -> None:
    """Write a page, unless it has this text already."""
    path = DOCS / name
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def shown(value: Any) -> str:
    """Return a default value as it stands in a table."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return f"`{value!r}`"


def quantities_table(title: str, quantities: Mapping[str, Quantity]) -> str:
    """Return the section about some quantities of a model."""
    rows = [
        (
            f"`{name}`",
            shown(quantity.default),
            quantity.unit,
            quantity.doc + ("" if quantity.settable else " (read-only)"),
            quantity.check.bounds if quantity.check else "",
        )
        for name, quantity in quantities.items()
        if quantity.visible
    ]
    return f"## {title}\n\n" + table(("name", "default", "unit", "meaning", "bounds"), rows) if rows else ""


def model_page(model: type[Any]) -> str:
    """Return the page of one model."""
    page = f"# {model.name}\n\n{sections(inspect.getdoc(model) or '')}\n\n"
    page += quantities_table("Parameters", model.parameters)
    page += quantities_table("Parameters that all connections share", getattr(model, "common", {}))
    page += quantities_table("State", model.state)
    if recordables := getattr(model, "recordables", {}):
        page += "## Recordables\n\n" + ", ".join(f"`{name}`" for name in sorted(recordables)) + "\n\n"
    if receptors := getattr(model, "receptor_types", {}):
        rows = ((f"`{name}`", number) for name, number in receptors.items())
        page += "## Receptors\n\n" + table(("name", "number"), rows)
    variants = [
        (f"`{model.name}{ending}`", meaning)
        for ending, meaning in VARIANTS.items()
        if model.name + ending in registry.SYNAPSE_MODELS
    ]
    return page + ("## Variants\n\n" + table(("name", "difference"), variants) if variants else "")


def sections(docstring: str) -> str:
    """Return a docstring in NumPy's style as Markdown: underlined titles become headings, formulas become TeX."""
    lines = FORMULA.sub(lambda found: f"$$\n{textwrap.dedent(found[1]).strip()}\n$$\n\n", docstring).splitlines()
    text = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if following and set(following) == {"-"}:
            text.append(f"## {line}\n")
        elif not line or set(line) != {"-"}:
            text.append(line)
    return "\n".join(text).replace("``", "`")


def is_variant(name: str, names: Iterable[str]) -> bool:
    """Whether a synapse model is another one with a suffix."""
    return any(name.endswith(ending) and name.removesuffix(ending) in names for ending in VARIANTS)


def kind_of(model: type[Any]) -> str:
    """Return the folder of a model's file: neurons, synapses, stimulators, recorders."""
    return model.__module__.split(".")[2] if model.__module__.startswith("jaxnest.models.") else "others"


def model_pages() -> None:
    """Write a page for each model, and one that lists them."""
    models = {**registry.NODE_MODELS, **registry.SYNAPSE_MODELS}
    plain = {name: model for name, model in models.items() if not is_variant(name, models)}
    listing = "# Models\n\n"
    for kind in sorted({kind_of(model) for model in plain.values()}):
        chosen = {name: model for name, model in sorted(plain.items()) if kind_of(model) == kind}
        rows = ((f"[{name}]({name}.md)", summary(model)) for name, model in chosen.items())
        listing += f"## {kind.capitalize()}\n\n" + table(("model", ""), rows)
    write("models/index.md", listing)
    for name, model in plain.items():
        write(f"models/{name}.md", model_page(model))
    for path in (DOCS / "models").glob("*.md"):
        if path.stem not in {*plain, "index"}:
            path.unlink()


def summary(thing: Any) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").split("\n")[0].replace("``", "`")


def is_missing(thing: Any) -> bool:
    """Whether all that a function, or the constructor of a class, does is to raise ``NESTErrors.NotImplemented``."""
    function = vars(thing).get("__init__") if inspect.isclass(thing) else thing
    if not inspect.isfunction(function):
        return False
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    body = definition.body if isinstance(definition, ast.FunctionDef) else []
    statements = [item for item in body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    return len(statements) == 1 and ast.unparse(statements[0]).startswith("raise errors.NotImplemented(")


def public_names() -> tuple[list[str], list[str]]:
    """Return the names of the package that work, and those that are not there yet; without kernel attributes."""
    import jaxnest as nest

    there, missing = [], []
    for name in sorted(name for name in dir(nest) if not name.startswith("_") and name not in ATTRIBUTES):
        try:
            thing = getattr(nest, name)
        except (ImportError, AttributeError):  # a submodule
            missing.append(name)
        else:
            (missing if is_missing(thing) else there).append(name)
    return there, missing


def compatibility_page() -> str:
    """Return the page about what of NEST is there."""
    page = (
        "# Compatibility\n\nGenerated from the code. The reference is NEST 3.10.0. What is not there yet raises "
        "`NESTErrors.NotImplemented` or `NESTErrors.UnknownModelName`.\n\n"
    )
    there, missing = public_names()
    page += two_lists("Functions, classes and modules", there, missing)
    for title, wanted, have in (
        ("Models of neurons and devices", nest_names.NODE_MODELS, registry.NODE_MODELS),
        ("Models of synapses", nest_names.SYNAPSE_MODELS, registry.SYNAPSE_MODELS),
    ):
        page += two_lists(
            title, [name for name in wanted if name in have], [name for name in wanted if name not in have]
        )
    rows = (
        (
            f"`{name}`",
            attribute.kind,
            attribute.unit,
            "yes" if attribute.read_only else "",
            attribute.doc + note(attribute),
        )
        for name, attribute in sorted(ATTRIBUTES.items())
        if not attribute.status_only
    )
    status = (
        (f"`{name}`", attribute.kind, attribute.unit, attribute.doc)
        for name, attribute in sorted(ATTRIBUTES.items())
        if attribute.status_only
    )
    page += "## Kernel attributes\n\n" + table(("name", "type", "unit", "read-only", "meaning"), rows)
    page += "\n## What `nest.get` shows besides\n\n" + table(("name", "type", "unit", "meaning"), status)
    return page


def note(attribute: Attribute) -> str:
    """Return what is to be said about attributes that NEST lacks."""
    return " (of jaxnest: `dir` and `GetKernelStatus()` do not list it)" if attribute.own else ""


def two_lists(title: str, there: list[str], missing: list[str]) -> str:
    """Return a section that lists what is there and what is not."""
    text = f"## {title}\n\n**{len(there)} of {len(there) + len(missing)} are there:** "
    text += ", ".join(f"`{name}`" for name in there) + "\n\n"
    return text + ("**Not yet:** " + ", ".join(f"`{name}`" for name in missing) + "\n\n" if missing else "")


def generate() -> None:
    """Write all pages."""
    registry.load_all()
    model_pages()
    write("compatibility.md", compatibility_page())


def on_pre_build(config: Any) -> None:
    """Write all pages before `mkdocs` reads them."""
    generate()


if __name__ == "__main__":
    generate()
