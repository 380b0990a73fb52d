"""Compilation by numba, without work for machine code that nobody runs.

Numba makes machine code for each function as soon as another one calls it, and makes it again for the caller, which
contains what it calls. Most functions of jaxnest are only ever part of others. Here a function that compiled code calls
stays in the intermediate representation of LLVM; it is optimised and translated where it ends up. Called from
Python it is translated like any function of numba.
"""

from __future__ import annotations

import functools
import gc
import itertools
import os
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any, final

import numba
from llvmlite import ir
from llvmlite.binding import Linkage, parse_assembly
from numba.core import cgutils, types
from numba.core import ir as numba_ir
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import FunctionCache
from numba.core.ccallback import _CFuncCompiler  # pyright: ignore[reportAttributeAccessIssue]
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, CompilerBase, CompileResult, DefaultPassBuilder, Flags
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.environment import lookup_environment
from numba.core.lowering import Lower
from numba.core.registry import CPUDispatcher, cpu_target
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps
from numba.core.target_extension import CPU as cpu_class
from numba.core.target_extension import jit_registry
from numba.core.typed_passes import NativeLowering

from jaxnest.compile import caching, late
from jaxnest.compile.compile_time import compilers
from jaxnest.compile.compiling import Compiled
from jaxnest.compile.failures import FAILED, raise_kept
from jaxnest.compile.machine_code import REPORT, SLOTS, Kept, MachineCode, define_slot, file_name, keep
from jaxnest.compile.words import MEMORY_FUNCTIONS, WORD, arguments_at, as_word, memory_functions, numba_type


def _number_functions() -> None:
    """Give functions numbers, which are part of their names in machine code, that those of other processes do not have.

    Machine code that several processes have kept may come together in one. Of two functions of the same name the
    first one would be called in both places.
    """
    FunctionIdentity._unique_ids = itertools.count(int.from_bytes(os.urandom(7), "little"))


_number_functions()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_number_functions)


def _variables(instruction: Any, value: Any) -> list[Any]:
    """Return the variables in a value of numba's representation, as numba does, which asks each value for all classes.

    That is a tenth of the time of the compiler.
    """
    kind = type(value)
    if kind is numba_ir.Var:
        return [value]
    if kind in _LEAVES:
        return []
    if isinstance(value, numba_ir.Inst):
        return value.list_vars()
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    return [variable for part in value if type(part) not in _LEAVES for variable in _variables(instruction, part)]


_LEAVES = frozenset((str, int, float, bool, type(None), numba_ir.Loc))
_instructions: Any = numba_ir.Inst
_instructions._rec_list_vars = _variables


@final
class _Part(JITCodeLibrary):
    """The code of one function, for those that call it."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Leave the code as it is: it is optimised where it ends up."""
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Make the function one of which several copies may come together; those that it calls stay apart."""
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.external:
                function.linkage = "linkonce_odr"
        self._shared_module = self._final_module
        self._finalized = True

    def with_callees(self) -> list[Any]:
        """Return what a caller needs, in an order in which callers come before what they call."""
        return [self, *self._linking_libraries]


@final
@register_pass(mutates_CFG=True, analysis_only=False)
class _LoweringToPart(NativeLowering):
    """Numba's lowering, up to the intermediate representation."""

    _name = "lowering_to_part"

    def run_pass(self, state: Any) -> bool:
        """Lower a function, and make it known under a key of its own (numba takes the address of machine code)."""
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        state.flags.no_compile = state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        super().run_pass(state)
        lowered, key = state["cr"], object()
        state.library.finalize()
        state.targetctx.insert_user_function(key, lowered.fndesc, state.library.with_callees())
        state["cr"] = lowered._replace(cfunc=key)
        return True


def _passes(name: str, state: Any, lowering: type[NativeLowering]) -> PassManager:
    """Return numba's passes with another lowering."""
    passes = PassManager(name)
    for define in (
        DefaultPassBuilder.define_untyped_pipeline,
        DefaultPassBuilder.define_typed_pipeline,
        DefaultPassBuilder.define_nopython_lowering_pipeline,
    ):
        for step, text in define(state).passes:
            passes.add_pass(lowering if step is NativeLowering else step, text)
    passes.finalize()
    return passes


@final
class _PartCompiler(CompilerBase):
    """Numba's compiler with the other lowering."""

    def define_pipelines(self) -> list[PassManager]:
        """Return the passes."""
        return [_passes("part", self.state, _LoweringToPart)]


@final
class _Flags(Flags):
    """Options of the compiler; numba compares them at each call in the code that it compiles, which has to be fast."""

    __slots__ = ()

    def __hash__(self) -> int:
        return _HASH_OF_FLAGS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flags) and _chosen(self) == _chosen(other)


_HASH_OF_FLAGS = hash(Flags())  # it does not depend on the options


def _chosen(flags: Flags) -> dict[str, Any]:
    return {name: value for name, value in flags._values.items() if value != flags.options[name].default}


def _with_flags(dispatcher: Any, disjoint: bool = False) -> Any:
    """Return a dispatcher with fast flags; `disjoint` says that arguments are arrays that do not overlap."""

    def customized(flags: Flags) -> _Flags:
        result: Any = _Flags(flags)
        result.noalias = disjoint
        return result

    dispatcher._compiler._customize_flags = customized if disjoint else _Flags
    return dispatcher


@final
class _PartDispatcher(CPUDispatcher):
    """A function as compiled code calls it: one part for each combination of types."""

    def add_overload(self, cres: Any) -> None:
        """Note a compiled combination of types."""
        self.overloads[tuple(cres.signature.args)] = cres  # numba notes machine code as well


@final
class _Dispatcher(CPUDispatcher):
    """A function as Python calls it."""

    disjoint = False
    """Whether its arguments are arrays that do not overlap."""

    @functools.cached_property
    def part(self) -> _PartDispatcher:
        """What compiled code calls."""
        made = _PartDispatcher(self.py_func, self.locals, self.targetoptions, pipeline_class=_PartCompiler)
        return _with_flags(made, self.disjoint)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compile the part for a call; one for all values of an argument, where numba takes each literal for a type."""
        literal = types.unliteral
        return self.part.get_call_template(
            tuple(literal(arg) for arg in args), {name: literal(arg) for name, arg in kws.items()}
        )

    def get_overload(self, sig: Any) -> Any:
        """Return the key of a compiled part."""
        return self.part.get_overload(sig)

    @property
    def is_compiling(self) -> Any:
        """Whether a part is being compiled."""
        return self.part.is_compiling

    def compile(self, sig: Any) -> Any:
        """Make machine code for a combination of types."""
        return _at_ease(super().compile, sig)

    def add_overload(self, cres: Any) -> None:
        """Note machine code for a combination of types, and give it what it may need of Python."""
        for name, environment in environments_of(cres.library):
            cres.library.codegen.set_env(name, environment)
        super().add_overload(cres)

    def enable_caching(self) -> None:
        """Keep machine code between processes."""
        self._cache = _Cache(self.py_func)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the function, from Python."""
        result = super().__call__(*arguments, **named)
        if FAILED[0]:
            raise_kept()
        return result


def dispatcher(function: Callable[..., Any], options: dict[str, Any], cache: bool) -> Any:
    """Return a function as numba knows it."""
    if options.get("inline") == "always":  # has no code of its own
        return numba.njit(**options)(function)
    # functions of a script's own models have their indices checked
    ours = function.__module__.startswith("jaxnest")
    targets = {"nopython": True, "boundscheck": None if ours else True, **options}
    disjoint = targets.pop("disjoint", False)
    made = _with_flags(_Dispatcher(function, targetoptions=targets), disjoint)
    made.disjoint = disjoint
    if cache:
        made.enable_caching()
    return made


def _implementing(inlined: bool | None = None, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return what makes a function known to numba that says what another one means (see `late.overload`).

    Compiled code calls it, or contains it: then numba compiles it once more for each caller, and not apart.

    Parameters
    ----------
    inlined
        Whether compiled code contains it; None if it is not one of `late.overload`.
    """

    def made(function: Callable[..., Any]) -> Any:
        if inlined is None:
            return numba.jit(function, **options)
        found: Any = _PartDispatcher(function, {}, {"nopython": True, **options}, pipeline_class=_PartCompiler)
        found._can_compile = not inlined
        return _with_flags(found)

    return made


dict.__setitem__(jit_registry, cpu_class, _implementing)  # numba has no other place where a decorator can be given


def type_of(value: Any) -> Any:
    """Return the type of a value that compiled code names."""
    context: Any = cpu_target.typing_context
    context.refresh()
    return context.resolve_value_type(value)


def start_runtime() -> None:
    """Make numba's runtime known to LLVM: what machine code needs that allocates memory."""
    rtsys.initialize(cpu_target.target_context)


def runtime_function(name: str) -> int:
    """Return the address of a function of that runtime that numba compiles."""
    found = rtsys.library.get_pointer_to_function(name)
    if not found:
        raise NotImplementedError(f"Machine code needs {name}, which numba {numba.__version__} does not have.")
    return found


# -- machine code that foreign code calls --------------------------------------------------------------


@final
class _Object(JITCodeLibrary):
    """Code that becomes an object file, which is loaded as one that was kept is (see `compile.machine_code`)."""

    code = b""
    symbol = ""
    """The function that others call."""

    def _optimize_final_module(self) -> None:
        """Keep all other functions apart from those of the same name in other object files, and drop unused ones.

        What counts users of arrays is written out once numba has dropped counts that cancel each other, for which it
        looks for calls.
        """
        self._keep_apart("NRT_")
        cheap, builder = self._codegen._module_pass_manager(
            loop_vectorize=self._codegen._loopvect, slp_vectorize=False, opt=self._codegen._opt_level, cost="cheap"
        )
        cheap.run(self._final_module, builder)
        used = {one.name for one in self._final_module.functions if one.name.startswith("NRT_")}
        if used and used <= MEMORY_FUNCTIONS:
            self._final_module.link_in(parse_assembly(memory_functions()))  # in place of what numba's runtime has
        self._keep_apart()
        full, builder = self._codegen._module_pass_manager()
        full.run(self._final_module, builder)

    def _keep_apart(self, *others: str) -> None:
        """Make functions known to nobody else, unless their names begin with one of `others`."""
        for function in self._final_module.functions:
            if not function.is_declaration and function.name != self.symbol:
                function.linkage = "linkonce_odr" if function.name.startswith(others) else "internal"

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self.code = self._codegen._tm.emit_object(self._final_module)
        self._finalized = True

    def needs(self) -> tuple[str, ...]:
        """Return the names that it uses; some are only declared, since functions without them became part of it."""
        module = self._final_module
        names = [one.name for one in (*module.functions, *module.global_variables) if one.is_declaration]
        text = str(module) if any(name.startswith("NRT_") for name in names) else ""
        return tuple(
            name
            for name in names
            if not name.startswith("llvm.") and not (name.startswith("NRT_") and text.count(f"@{name}(") < 2)
        )


@final
class _CallbackLower(Lower):
    """Numba's lowering of a function that foreign code calls; its errors are kept (see `compile.failures`)."""

    def create_cfunc_wrapper(self) -> None:
        """Write the function that others call. It returns 0 after an error."""
        context, described = self.context, self.fndesc
        module = context.create_module("callback")
        calling = context.call_conv
        kind = calling.get_function_type(described.restype, described.argtypes)
        inner = ir.Function(module, kind, described.llvm_func_name)
        outer = ir.Function(module, ir.FunctionType(WORD, [WORD]), described.llvm_cfunc_wrapper_name)
        builder = ir.IRBuilder(outer.append_basic_block("entry"))
        arguments = outer.args
        if self.func_ir.func_id.func.takes_pack:
            arguments = arguments_at(context, builder, described.argtypes, outer.args[0])
        given = builder, inner, described.restype, described.argtypes, arguments
        status, returned = calling.call_function(*given, attrs=("noinline",))
        with builder.if_then(status.is_error, likely=False):
            self._report(builder, status)
            builder.ret(WORD(0))
        builder.ret(as_word(context, builder, described.restype, returned))
        self.library.add_ir_module(module)

    def _report(self, builder: Any, status: Any) -> None:
        subject = self.context.insert_const_string(builder.module, self.func_ir.func_id.func.subject)
        pack = cgutils.alloca_once(builder, WORD, 3)
        code, place = builder.sext(status.code, WORD), builder.ptrtoint(status.excinfoptr, WORD)
        for k, value in enumerate((code, place, builder.ptrtoint(subject, WORD))):
            builder.store(value, builder.gep(pack, [WORD(k)]))
        function = ir.Function(builder.module, ir.FunctionType(WORD, [WORD]), REPORT)
        builder.call(function, [builder.ptrtoint(pack, WORD)])


@final
@register_pass(mutates_CFG=True, analysis_only=False)
class _LoweringToCallback(NativeLowering):
    _name = "lowering_to_callback"

    @property
    def lowering_class(self) -> type[Lower]:
        """The class that lowers."""
        return _CallbackLower

    def run_pass(self, state: Any) -> bool:
        """Lower a function into an object file."""
        state.library = _Object(state.targetctx.codegen(), state.func_id.func_qualname)
        return super().run_pass(state)


@final
class _CallbackCompiler(Compiler):
    """Numba's compiler with that lowering."""

    def define_pipelines(self) -> list[PassManager]:
        """Return the passes."""
        return [_passes("callback", self.state, _LoweringToCallback)]


def translate(
    function: Compiled, name: str, subject: str, kinds: Sequence[Any] | None, result: str, file: str
) -> MachineCode:
    """Compile a function that foreign code calls, and keep its machine code in a file (see `compiling.callback`)."""
    return _at_ease(_translate, function, name, subject, kinds, result, file)


def _translate(
    function: Compiled, name: str, subject: str, kinds: Sequence[Any] | None, result: str, file: str
) -> MachineCode:
    python = function.py_func
    own = FunctionType(python.__code__, python.__globals__, python.__name__, python.__defaults__, python.__closure__)
    own.__qualname__ = re.sub(r"\W", "_", name)
    vars(own).update(subject=subject, takes_pack=kinds is not None)
    arguments = (types.int64,) if kinds is None else tuple(map(numba_type, kinds))
    options: Any = function.dispatcher.targetoptions
    made = _CFuncCompiler(own, cpu_target, options, {}, pipeline_class=_CallbackCompiler)
    with global_compiler_lock:
        compiled = made.compile(arguments, numba_type(result) if result else None)
        library = compiled.library
        library.symbol = compiled.fndesc.llvm_cfunc_wrapper_name
        library.finalize()
    start_runtime()
    environments = dict(environments_of(library))
    pickled = dumps([one for one in environments.values() if one.can_cache()])
    kept = Kept(library.symbol, library.needs(), tuple(environments), pickled, library.code)
    if not library.has_dynamic_globals:  # code with addresses in it holds in this process only
        keep(file, kept)
    return MachineCode(kept, list(environments.values()))


def _at_ease(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the compiler, a large Python program, with room for its frames and without collections of garbage.

    Python keeps frames in chunks of 16 kB and asks the operating system for each. A loop whose calls cross the end of a
    chunk waits for it again and again: a tenth of the time of the compiler. This function claims a large frame,
    which takes address space but no memory, and the chunk that it lies in is large as well. Collections look at
    all objects of JAX each time: another tenth.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        with compilers:
            return function(*arguments)
    finally:
        if collects:
            gc.enable()


_at_ease.__code__ = _at_ease.__code__.replace(co_stacksize=1 << 16)


@final
class _Cache(FunctionCache):
    """What Python calls with arguments of any type, between processes: a file for each combination of types."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._py_func = function
        self._cache_path = ""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was kept for a combination of types, or None."""
        stored = caching.read(self._file(sig, target_context.codegen()))
        if stored is None:
            compilers.found_nothing()
            return None
        rtsys.initialize(target_context)  # which is all that machine code needs of numba's many modules
        for name in SLOTS:
            define_slot(name)
        try:
            return CompileResult._rebuild(target_context, *pickle.loads(stored))
        except Exception:  # whatever comes of code that another version of a library wrote
            caching.damaged()
            compilers.found_nothing()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for a combination of types; code with addresses in it holds in this process only."""
        if not data.library.has_dynamic_globals:
            caching.write(self._file(sig, data.codegen), dumps(data._reduce()))

    def _file(self, sig: Any, codegen: Any) -> str:
        """Return the name of the file, which says all that the code depends on."""
        function, code = self._py_func, self._py_func.__code__
        name = f"{function.__module__}.{function.__qualname__}"
        source = caching.digest_of_file(code.co_filename) if os.path.exists(code.co_filename) else code.co_filename
        return file_name(name, (name, code.co_firstlineno, source, self._index_key(sig, codegen)))


def environments_of(library: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the functions in a library of machine code may need of Python, with the names of variables for it."""
    for variable in library._final_module.global_variables:
        environment = lookup_environment(variable.name)
        if environment is not None:
            yield variable.name, environment


late.begin()
