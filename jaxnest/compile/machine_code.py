"""Machine code: kept between processes, and loaded by LLVM without the compiler.

A piece of machine code is an object file with one function that foreign code calls. What it needs of others it finds by
names: functions of the C library, words of `compile.operations`, and rarely the runtime of numba.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import os
import pathlib
import pickle
import re
import sys
import threading
from typing import Any, NamedTuple, final

from jaxnest.compile import caching, failures, late

SLOT = "operation."
"""What names of words with addresses of operations begin with, before the name of the function."""
SLOTS: dict[str, Any] = {}
"""The operations by these names."""


class Kept(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    symbol
        Name of the function.
    needs
        Names that the code uses of others.
    environments
        Names of the variables that point to what functions need of Python when they raise an error.
    pickled
        What they then point to, pickled.
    code
        The object file.
    """

    symbol: str
    needs: tuple[str, ...]
    environments: tuple[str, ...]
    pickled: bytes
    code: bytes


@final
class MachineCode:
    """A function in memory.

    Attributes
    ----------
    address
        Where it is.
    """

    def __init__(self, kept: Kept, objects: Any = None) -> None:
        self._environments, self._pickled, self._objects = kept.environments, kept.pickled, objects
        self._provided = not kept.environments
        with _LOCK:
            engine = _engine()
            _define(kept.needs)
            binding = _binding()
            engine.add_object_file(binding.ObjectFileRef.from_data(kept.code))
            engine.finalize_object()
            self.address: int = engine.get_function_address(kept.symbol)
            _LOADED.append(self)

    def provide(self) -> None:
        """Give its functions what they need of Python to raise an error."""
        if self._provided:
            return
        self._provided = True
        if self._objects is None:
            self._objects = pickle.loads(self._pickled)
        known = {one.env_name: one for one in self._objects}
        for name in self._environments:
            if name in known:
                place = _engine().get_global_value_address(name)
                ctypes.c_void_p.from_address(place).value = id(known[name])


MALLOC, FREE = "jaxnest.malloc", "jaxnest.free"
"""The names by which machine code calls these functions of the C library."""


@functools.cache
def c_library() -> Any:
    """Return the C library."""
    library = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.restype, library.free.argtypes = None, [ctypes.c_void_p]
    return library


_LOCK = threading.RLock()
_LOADED: list[MachineCode] = []


def is_in_use() -> bool:
    """Return whether there is machine code in memory: more of it is soon loaded then."""
    return bool(_LOADED)


def provide() -> None:
    """Give all that is loaded what it needs of Python to raise an error."""
    with _LOCK:
        for one in _LOADED:
            one.provide()


def load(file: str) -> MachineCode | None:
    """Return what was kept in a file, or None."""
    stored = caching.read(file)
    if stored is None:
        return None
    try:
        return MachineCode(Kept(*pickle.loads(stored)))
    except Exception:  # whatever comes of code that another version of a library wrote
        caching.damaged()
        return None


def keep(file: str, kept: Kept) -> None:
    """Keep machine code in a file."""
    caching.write(file, pickle.dumps(tuple(kept)))


def file_name(name: str, key: object) -> str:
    """Return the name of a file for machine code that depends on a key, and on compiler and processor."""
    return caching.file_name(name, (key, _compiler_and_processor()))


def _binding() -> Any:
    from llvmlite import binding

    return binding


@functools.cache
def _engine() -> Any:
    """Return what puts object files into memory."""
    binding = _binding()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine()
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)


OPTIONS = (
    "CPU_NAME", "CPU_FEATURES", "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "ENABLE_AVX", "BOUNDSCHECK", "DEBUGINFO",
)  # fmt: skip
"""Variables of the environment, after ``NUMBA_``, that say how to compile."""


@functools.cache
def _compiler_and_processor() -> tuple[Any, ...]:
    binding = _binding()
    processor = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    versions = version_of("numba"), version_of("llvmlite"), sys.implementation.cache_tag
    ours = caching.digest_of_file(str(pathlib.Path(__file__).with_name("compiler.py")))
    options = [os.environ.get(f"NUMBA_{name}") for name in OPTIONS]
    return ours, versions, binding.get_process_triple(), processor, options


def version_of(library: str) -> str:
    """Return the version of a library, which need not be loaded."""
    if library in sys.modules:
        return sys.modules[library].__version__
    found = importlib.util.find_spec(library)
    assert found is not None
    assert found.origin is not None
    text = pathlib.Path(found.origin).with_name("_version.py").read_text(encoding="utf-8")
    version = re.search(r"""version["']?(?:_version)?\s*[:=]\s*["']([^"']+)["']""", text)
    return version[1] if version else importlib.import_module(library).__version__


def _define(names: tuple[str, ...]) -> None:
    """Make names known to LLVM: words of operations, what reports errors, and, where it is needed, numba's runtime."""
    ours = {REPORT: report, MALLOC: c_library().malloc, FREE: c_library().free}
    for name in names:
        if name in ours:
            _add(name, ours[name])
        elif name.startswith(SLOT):
            _import_for(name.removeprefix(SLOT))
            define_slot(name)
    known = _binding().address_of_symbol
    missing = [name for name in names if known(name) is None]
    if missing:
        late.compiler.start_runtime()
    for name in (name for name in missing if known(name) is None):
        _binding().add_symbol(name, late.compiler.runtime_function(name))


def define_slot(name: str) -> None:
    """Make the word of an operation known to LLVM."""
    _binding().add_symbol(name, SLOTS[name].slot.ctypes.data)


def _add(name: str, function: Any) -> None:
    _binding().add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)


def _import_for(function: str) -> None:
    """Import the module of a function that is known by its module and name."""
    parts = function.split(".")
    for n in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:n])
        if module in sys.modules:
            return
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
            return


# -- what machine code says of an error ----------------------------------------------------------------

REPORT = "jaxnest.report"
"""The name by which machine code calls `report`."""


@final
class _Raised(ctypes.Structure):
    """What numba's functions leave of an error: class, constant arguments and place in a pickle, other arguments."""

    _fields_ = (
        ("pickle", ctypes.c_void_p),
        ("size", ctypes.c_int32),
        ("arguments", ctypes.c_void_p),
        ("unwrap", ctypes.c_void_p),
        ("n_arguments", ctypes.c_int32),
    )


@ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
def report(pack: int) -> int:
    """Keep the error of a compiled function: its status, where what it raised is, and whose code it is."""
    status, place, name = (ctypes.c_int64 * 3).from_address(pack)
    subject = ctypes.string_at(name).decode()
    try:
        failures.keep(subject, *_unpacked(status, place))
    except BaseException as error:  # nothing comes through machine code
        failures.keep(subject, error)
    return 0


def _unpacked(status: int, place: int) -> tuple[BaseException, tuple[str, int] | None]:
    if status < 1:
        return SystemError(f"status {status}"), None
    raised = _Raised.from_address(place)
    pickled = ctypes.string_at(raised.pickle, raised.size)
    if raised.n_arguments > 0:
        provide()
        unwrap = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(raised.unwrap)
        kind, arguments, origin = late.numba.core.serialize.runtime_build_excinfo_struct(
            pickled, unwrap(raised.arguments)
        )
    else:
        kind, arguments, origin = late.numba.core.serialize.cloudpickle.loads(pickled)
    return kind(*arguments), (origin[1], origin[2]) if origin else None
