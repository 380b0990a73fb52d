"""Arguments and results of compiled functions as words of eight bytes, in the form in which addresses are called.

A *pack* is an array of words: numbers bit by bit, arrays as their address and shape, tuples element by element.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import populate_array

from jaxnest.compile.kinds import Record, element_and_dimensions
from jaxnest.compile.machine_code import FREE, MALLOC

WORD = ir.IntType(64)
TUPLES: Any = types.BaseTuple
_ELEMENTS = {
    "b1": types.bool_, "i4": types.int32, "i8": types.int64, "u4": types.uint32, "u8": types.uint64,
    "f8": types.float64,
}  # fmt: skip


def numba_type(kind: Any) -> Any:
    """Return the type of a kind of argument (see `compile.kinds`)."""
    if kind == "none":
        return types.none
    if isinstance(kind, Record):
        return types.NamedTuple([numba_type(part) for part in kind.parts], kind.of)
    element, dimensions = element_and_dimensions(kind)
    return types.Array(_ELEMENTS[element], dimensions, "C") if dimensions else _ELEMENTS[element]


def words_of(context: Any, builder: Any, kind: Any, value: Any) -> list[Any]:
    """Write code that takes an argument apart into words."""
    if isinstance(kind, TUPLES):
        elements = cgutils.unpack_tuple(builder, value)
        return [
            w for k, element in zip(kind.types, elements, strict=True) for w in words_of(context, builder, k, element)
        ]
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        return [builder.ptrtoint(array.data, WORD), *cgutils.unpack_tuple(builder, array.shape)]
    return [builder.bitcast(value, WORD)]


def array_at(context: Any, builder: Any, kind: Any, address: Any, shape: list[Any]) -> Any:
    """Write code that makes a C-contiguous array of what lies at an address, without reference counts."""
    result = context.make_array(kind)(context, builder)
    item = context.get_data_type(kind.dtype)
    item_size = ir.Constant(WORD, context.get_abi_sizeof(item))
    strides = [item_size]
    for length in shape[:0:-1]:
        strides.insert(0, builder.mul(length, strides[0]))
    populate_array(result, builder.inttoptr(address, item.as_pointer()), shape, strides, item_size, None)
    return result._getvalue()


def n_words(kind: Any) -> int:
    """Return how many words an argument takes."""
    if isinstance(kind, TUPLES):
        return sum(n_words(k) for k in kind.types)
    return 1 + (kind.ndim if isinstance(kind, types.Array) else 0)


def _value_of(context: Any, builder: Any, kind: Any, words: list[Any]) -> Any:
    """Write code that puts an argument together from its words."""
    if isinstance(kind, TUPLES):
        values = []
        for k in kind.types:
            values.append(_value_of(context, builder, k, words[: n_words(k)]))
            words = words[n_words(k) :]
        return context.make_tuple(builder, kind, values)
    if isinstance(kind, types.Array):
        return array_at(context, builder, kind, words[0], words[1:])
    return builder.bitcast(words[0], context.get_value_type(kind))


def arguments_at(context: Any, builder: Any, kinds: Any, address: Any) -> list[Any]:
    """Write code that reads arguments from a pack."""
    pack, place = builder.inttoptr(address, WORD.as_pointer()), 0
    values = []
    for kind in kinds:
        n = n_words(kind)
        words = [builder.load(builder.gep(pack, [WORD(place + k)])) for k in range(n)]
        values.append(_value_of(context, builder, kind, words))
        place += n
    return values


def as_word(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Write code that makes a word of what a function returns; 0 if it returns nothing."""
    if isinstance(kind, types.NoneType):
        return ir.Constant(WORD, 0)
    if kind == types.float64:
        return builder.bitcast(value, WORD)
    return context.cast(builder, value, kind, types.int64)


HEAD_WORDS, ARRAY_WORD, ALIGNMENT = 5, 3, 32
"""Words before an array, of which the first counts who uses it and another one tells where it is; its address is a
multiple of this number of bytes."""
MEMORY_FUNCTIONS = frozenset(
    (
        "NRT_Allocate", "NRT_Free", "NRT_MemInfo_alloc", "NRT_MemInfo_alloc_aligned", "NRT_MemInfo_data_fast",
        "NRT_MemInfo_call_dtor", "NRT_incref", "NRT_decref",
    )
)  # fmt: skip
"""What numba calls to get memory, also for an array, to ask where it is, to count its users, to give it back."""


def memory_functions() -> str:
    """Return `MEMORY_FUNCTIONS` in the representation of LLVM; for those of numba's runtime, numba has to be loaded.

    Users are counted without the lock that numba's runtime takes, which costs more than most of what is done with an
    array: no array that such code makes is known to two threads, and those that it gets have no count.
    """
    module, word, flag = ir.Module("memory"), WORD, ir.IntType(32)
    place, nothing = ir.IntType(8).as_pointer(), ir.VoidType()
    malloc = ir.Function(module, ir.FunctionType(place, [word]), MALLOC)
    free = ir.Function(module, ir.FunctionType(nothing, [place]), FREE)

    def begin(name: str, *kinds: Any) -> tuple[Any, Any]:
        function = ir.Function(module, ir.FunctionType(*kinds), name)
        return ir.IRBuilder(function.append_basic_block()), function.args[0]

    builder, size = begin("NRT_Allocate", place, [word])
    builder.ret(builder.call(malloc, [size]))
    for name, kinds in (("NRT_MemInfo_alloc", [word]), ("NRT_MemInfo_alloc_aligned", [word, flag])):
        builder, size = begin(name, place, kinds)
        head = builder.call(malloc, [builder.add(size, word(8 * HEAD_WORDS + ALIGNMENT))])
        with builder.if_then(builder.icmp_unsigned("!=", head, place(None)), likely=True):
            words = builder.bitcast(head, word.as_pointer())
            first = builder.add(builder.ptrtoint(head, word), word(8 * HEAD_WORDS + ALIGNMENT - 1))
            builder.store(word(1), words)
            builder.store(builder.and_(first, word(-ALIGNMENT)), builder.gep(words, [word(ARRAY_WORD)]))
        builder.ret(head)
    builder, head = begin("NRT_MemInfo_data_fast", place, [place])
    words = builder.bitcast(head, word.as_pointer())
    builder.ret(builder.inttoptr(builder.load(builder.gep(words, [word(ARRAY_WORD)])), place))
    for name in ("NRT_MemInfo_call_dtor", "NRT_Free"):
        builder, head = begin(name, nothing, [place])
        builder.call(free, [head])
        builder.ret_void()
    for name, change in (("NRT_incref", 1), ("NRT_decref", -1)):
        builder, head = begin(name, nothing, [place])
        with builder.if_then(builder.icmp_unsigned("!=", head, place(None))):
            users = builder.bitcast(head, word.as_pointer())
            left = builder.add(builder.load(users), word(change))
            builder.store(left, users)
            if change < 0:
                with builder.if_then(builder.icmp_unsigned("==", left, word(0)), likely=False):
                    builder.call(free, [head])
        builder.ret_void()
    return str(module)
