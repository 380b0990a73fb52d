"""Documentation that follows from the code is up to date."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.registry.load_all()
    return module


def test_compatibility_tables_are_current(generate: ModuleType) -> None:
    page = (DOCS / "compatibility.md").read_text(encoding="utf-8")
    assert page == generate.compatibility_page(), "run 'python docs/generate.py'"


def test_every_model_says_what_it_is(generate: ModuleType) -> None:
    models = {**generate.registry.NODE_MODELS, **generate.registry.SYNAPSE_MODELS}
    assert not [name for name, model in models.items() if not generate.summary(model)]
    undocumented = [
        f"{name}.{quantity}"
        for name, model in models.items()
        for quantity, declared in {**model.parameters, **model.state, **getattr(model, "common", {})}.items()
        if declared.visible and not declared.doc
    ]
    assert not undocumented


def test_docstrings_become_markdown(generate: ModuleType) -> None:
    text = "One.\n\n.. math::\n\n   a\n   b\n\nSee ``x``.\n\nReferences\n----------\nTwo\n"
    assert generate.sections(text).splitlines() == [
        "One.", "", "$$", "a", "b", "$$", "", "See `x`.", "", "## References", "", "Two",
    ]  # fmt: skip
