"""The rules of `docs/design.md` that tools do not know, checked in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jaxnest"
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES, MAX_FUNCTION_LINES = 600, 60

BASE = {"errors", "extras", "lazy", "_version"}
COMPILED = BASE | {"compile", "numerics"}
MAY_IMPORT = {
    "compile": BASE,
    "numerics": BASE | {"compile"},
    "errors": set[str](),
    "extras": set[str](),
    "lazy": set[str](),
    "progress": BASE | {"compile"},
    "random": COMPILED,
    "recording": BASE,
    "models": COMPILED | {"random"},
    "models/*": COMPILED | {"models"},
    "spatial": COMPILED | {"models", "random"},
    "engine": COMPILED | {"models", "progress", "random", "recording"},
    "kernel": COMPILED | {"engine", "models", "progress", "random", "recording", "spatial"},
    "api": BASE | {"engine", "kernel", "models", "progress", "random", "recording", "spatial"},
    "ll_api": BASE | {"api", "kernel", "nestkernel_api"},
    "nestkernel_api": BASE | {"api", "random"},
    "lib": BASE | {"api", "kernel", "random"},
    "logic": BASE | {"random"},
    "math": BASE | {"random"},
    "spatial_distributions": BASE | {"random", "spatial"},
    "alias": set[str](),
    "_version": set[str](),
    "__main__": {"alias", "_version", "warm_up"},
    "raster_plot": {"", "extras"},
    "server": {"", "errors", "extras"},
    "visualization": {"", "extras"},
    "voltage_trace": {"", "extras"},
    "warm_up": {""},
}
"""What each part may import of the others: `models` is what all models share, `models/*` are the models, "" is the
package itself, which is what scripts import."""

MODEL_ROOMS = {"neurons", "recorders", "stimulators", "synapses"}
"""The folders with one model per file."""
MOST_FILES = 13
"""Files in a folder, except those with one model per file."""

PROPERTIES_NAMED_LIKE_MODELS = {"weight_recorder"}
"""Names that are also keys of status dictionaries."""
INSTANTIABLE_BASES = {"Enum", "IntEnum", "StrEnum", "Exception", "ImportError", "NamedTuple", "TypedDict", "ModuleType"}
DERIVED_FROM_IN_NEST = {"Parameter"}
"""What NEST derives a class from although it has instances."""
MARKS_OF_LEAVES = {"final", "register", "register_synapse"}
MAY_SAY_GLOBAL = {"kernel/kernel.py"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def part_of(path: Path) -> str:
    """Return the part of the package that a file or folder belongs to."""
    parts = [part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts]
    if "/".join(parts) in ("", "__init__"):
        return ""
    return "models/*" if parts[0] == "models" and len(parts) > 1 and parts[1] in MODEL_ROOMS else parts[0]


def imports(path: Path) -> Iterator[tuple[int, Path]]:
    """Yield what a file imports of the package, in functions and for type checkers as well, with line numbers."""
    for node in ast.walk(tree_of(path)):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = [PACKAGE.name, *path.relative_to(PACKAGE).parts]
            above = package[: -node.level] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            modules = [f"{start}.{alias.name}" for alias in node.names]
        for module in modules:
            if module.split(".")[0] == PACKAGE.name:
                assert isinstance(node, ast.Import | ast.ImportFrom)
                yield node.lineno, located(module.split(".")[1:])


def located(parts: list[str]) -> Path:
    """Return the file or folder of a module; names inside modules lead to the module."""
    while parts:
        place = PACKAGE.joinpath(*parts)
        if place.is_dir() or place.with_suffix(".py").exists():
            return place
        parts = parts[:-1]
    return PACKAGE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    part = part_of(path)
    if part == "":
        return
    assert part in MAY_IMPORT, f"say in this test what '{part}' may import"
    wrong = [
        f"line {line}: {part} imports {imported or 'the whole package'}"
        for line, imported in ((line, part_of(place)) for line, place in imports(path))
        if imported != part and imported not in MAY_IMPORT[part]
    ]
    assert not wrong


def test_no_files_import_each_other_in_a_circle() -> None:
    inside = [path for path in FILES if part_of(path) not in ("", "lib")]
    files = {path.parent if path.name == "__init__.py" else path.with_suffix(""): path for path in inside}
    graph = {path: {files[place] for _, place in imports(path) if place in files} - {path} for path in inside}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(map(name_of, error.args[1])))


HOUSES = sorted({path.parent.parent for path in FILES if path.name == "__init__.py" and path.parent != PACKAGE})


@pytest.mark.parametrize("house", HOUSES, ids=name_of)
def test_no_rooms_import_each_other_in_a_circle(house: Path) -> None:
    """A room is a folder in a house, with all that is in it, or a file there."""

    def room_of(path: Path) -> Path | None:
        inside = path.is_relative_to(house) and path != house and path.name != "__init__.py"
        return house / path.relative_to(house).parts[0] if inside and part_of(path) not in ("", "lib") else None

    graph: dict[Path, set[Path]] = {}
    for path in FILES:
        room = room_of(path)
        if room is not None:
            others = {room_of(place) for _, place in imports(path)} - {None, room}
            graph.setdefault(room.with_suffix(""), set()).update(o.with_suffix("") for o in others if o is not None)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(map(name_of, error.args[1])))


@cache
def model_names() -> set[str]:
    """Return the names of all model files' classes, variants included."""
    found = [path for path in FILES if part_of(path) == "models/*"]
    names = {node.name for path in found for node in tree_of(path).body if isinstance(node, ast.ClassDef)}
    return {name + variant for name in names for variant in ("", "_hpc", "_lbl")}


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) in ("engine", "kernel")], ids=name_of)
def test_kernel_and_engine_name_no_model(path: Path) -> None:
    models = model_names() - PROPERTIES_NAMED_LIKE_MODELS
    named = []
    for node in ast.walk(tree_of(path)):
        words = {
            ast.Constant: lambda n: n.value,
            ast.Name: lambda n: n.id,
            ast.Attribute: lambda n: n.attr,
            ast.alias: lambda n: n.name.split(".")[-1],
        }
        word = words.get(type(node), lambda _: None)(node)
        if isinstance(word, str) and word in models:
            named.append(f"line {getattr(node, 'lineno', '?')}: {word}")
    assert not named


@cache
def declared_by_models() -> set[str]:
    """Return the names of everything that classes in `models` declare or define."""
    names = set[str]()
    for path in FILES:
        if part_of(path) in ("models", "models/*"):
            for node in (item for c in ast.walk(tree_of(path)) if isinstance(c, ast.ClassDef) for item in c.body):
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
                names |= {node.name} if isinstance(node, ast.FunctionDef) else set()
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) in ("engine", "kernel", "api")], ids=name_of)
def test_nobody_asks_whether_a_model_has_something(path: Path) -> None:
    """What a model is, its base class says, or an attribute that has a default there."""
    asked = []
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call) or (last_name(node), len(node.args)) not in (("hasattr", 2), ("getattr", 3)):
            continue
        name = node.args[1]
        of_model = last_name(node.args[0]) == "model"
        if of_model or (isinstance(name, ast.Constant) and name.value in declared_by_models()):
            asked.append(f"line {node.lineno}: {ast.unparse(node)}")
    assert not asked


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=name_of)
def test_folders_are_small(folder: Path) -> None:
    files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(files) <= MOST_FILES or folder.name in MODEL_ROOMS


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{node.name}: {length} lines"
        for node in ast.walk(tree_of(path))
        if isinstance(node, functions)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not long


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                yield f"{name_of(path)}:{node.lineno} {node.name}", node


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, without arguments and subscripts."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def bases_of(node: ast.ClassDef) -> set[str]:
    return {last_name(base) for base in node.bases}


def is_final(node: ast.ClassDef) -> bool:
    """Marked as final, or a model, which is registered and never instantiated."""
    return bool({last_name(decorator) for decorator in node.decorator_list} & MARKS_OF_LEAVES)


def is_abstract(node: ast.ClassDef) -> bool:
    says_so = any(
        isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id == "abstract"
        for item in node.body
    )
    return (
        bool(bases_of(node) & {"ABC", "Protocol"}) or says_so or any(word.arg == "abstract" for word in node.keywords)
    )


def test_classes_are_abstract_or_final() -> None:
    by_name = {node.name: node for _, node in classes()}

    def is_exempt(node: ast.ClassDef) -> bool:
        """Exceptions, enumerations and the like, whose bases Python itself instantiates."""
        bases = bases_of(node)
        exempt = node.name in DERIVED_FROM_IN_NEST or bool(bases & INSTANTIABLE_BASES)
        return exempt or any(base in by_name and is_exempt(by_name[base]) for base in bases - DERIVED_FROM_IN_NEST)

    neither = [
        where for where, node in classes() if not (is_final(node) or is_abstract(node) or is_exempt(node))
    ]  # fmt: skip
    assert not neither
    final = {node.name for _, node in classes() if is_final(node)}
    derived = [f"{where} derives from {base}" for where, node in classes() for base in bases_of(node) & final]
    assert not derived


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_kernel_is_the_only_global(path: Path) -> None:
    if name_of(path) not in MAY_SAY_GLOBAL:
        assert not [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Global)]
