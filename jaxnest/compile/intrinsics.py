"""What numba does not offer: arrays at addresses, calls of addresses, named tuples from columns, words of threads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jaxnest.compile.late import cgutils, intrinsic, ir, short_vectors, types, words


def _array(typing_context: Any, address: Any, size: Any, dtype: Any) -> Any:
    kind = types.Array(dtype.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return words.array_at(context, builder, kind, arguments[0], [arguments[1]])

    return kind(types.intp, types.intp, dtype), generate


array: Any = intrinsic(_array)
"""``array(address, size, dtype)``: the array that lies at an address; unlike ``numba.carray`` also in functions without
reference counts."""


def _rows(typing_context: Any, address: Any, size: Any, width: Any, dtype: Any) -> Any:
    kind = types.Array(dtype.dtype, 2, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, size, width, _ = arguments
        return words.array_at(context, builder, kind, place, [builder.sdiv(size, width), width])

    return kind(types.intp, types.intp, types.intp, dtype), generate


rows: Any = intrinsic(_rows)
"""``rows(address, size, width, dtype)``: the array that lies at an address, in rows of `width` numbers."""


def _call_function(typing_context: Any, address: Any, argument: Any) -> Any:
    """Call the function ``int64(int64)`` at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(words.WORD, [words.WORD])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])

    return types.int64(types.int64, types.int64), generate


call_function: Any = intrinsic(_call_function)


def _prefetch(typing_context: Any, address: Any) -> Any:
    """Fetch the word at an address into the cache; the program does not wait for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, flag = context.get_value_type(types.voidptr), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(function, [builder.inttoptr(arguments[0], pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.none(types.int64), generate


prefetch: Any = intrinsic(_prefetch)


def _fetch_and_add(typing_context: Any, address: Any, amount: Any) -> Any:
    """Add to a word that several threads change, and return what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw(
            "add", builder.inttoptr(arguments[0], words.WORD.as_pointer()), arguments[1], "seq_cst"
        )

    return types.int64(types.int64, types.int64), generate


fetch_and_add: Any = intrinsic(_fetch_and_add)


def _exchange_if(typing_context: Any, address: Any, expected: Any, new: Any) -> Any:
    """Replace a word by another if it is what is expected, and return what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], words.WORD.as_pointer())
        return builder.extract_value(builder.cmpxchg(place, arguments[1], arguments[2], "seq_cst", "seq_cst"), 0)

    return types.int64(types.int64, types.int64, types.int64), generate


exchange_if: Any = intrinsic(_exchange_if)


def loader(kind: type[Any], vectors: frozenset[str] = frozenset(), short: bool = False) -> Any:
    """Return a function that fills a named tuple from columns.

    It takes the address of the first number and the distance of the next ones in bytes; then, for fields that are
    `vectors`, the address of the first vector and that of an array that tells where each of them begins, in numbers.
    These are arrays, or `short` (see `compile.values.short_vectors`).
    """
    vector = short_vectors.KIND if short else types.Array(types.float64, 1, "C")
    fields = [vector if name in vectors else types.float64 for name in kind._fields]
    made: Any = types.BaseTuple.from_types(fields, kind)

    def load(typing_context: Any, address: Any, step: Any, vectors_at: Any, starts_at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place, step, vectors_at, starts_at = arguments
            starts = builder.inttoptr(starts_at, words.WORD.as_pointer())
            values, n_vectors = [], 0
            for field in fields:
                if field is types.float64:
                    values.append(builder.load(builder.inttoptr(place, ir.DoubleType().as_pointer())))
                    place = builder.add(place, step)
                    continue
                begin, end = (builder.load(builder.gep(starts, [words.WORD(n_vectors + k)])) for k in range(2))
                at = builder.add(vectors_at, builder.mul(begin, words.WORD(8)))
                length = builder.sub(end, begin)
                if short:
                    values.append(short_vectors.vector_at(context, builder, at, length))
                else:
                    values.append(words.array_at(context, builder, field, at, [length]))
                n_vectors += 1
            return context.make_tuple(builder, signature.return_type, values)

        return made(types.int64, types.int64, types.int64, types.int64), generate

    return intrinsic(load)


def number_loader(n: int) -> Any:
    """Return a function that makes a tuple of `n` numbers from the address of the first and their distance in bytes."""
    made = types.UniTuple(types.float64, n)

    def load(typing_context: Any, address: Any, step: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place, step = arguments
            values = []
            for _ in range(n):
                values.append(builder.load(builder.inttoptr(place, ir.DoubleType().as_pointer())))
                place = builder.add(place, step)
            return context.make_tuple(builder, signature.return_type, values)

        return made(types.int64, types.int64), generate

    return intrinsic(load)


def storer(kind: type[Any], vectors: frozenset[str] = frozenset()) -> Any:
    """Return a function that writes the numbers of a tuple to columns: all that are no vectors.

    It takes the address of the first number, the distance of the next ones in bytes, and the tuple.
    """
    chosen = [k for k, name in enumerate(kind._fields) if name not in vectors]

    def store(typing_context: Any, address: Any, step: Any, values: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place, step, values = arguments
            for k in chosen:
                value = builder.extract_value(values, k)
                number = context.cast(builder, value, signature.args[2].types[k], types.float64)
                builder.store(number, builder.inttoptr(place, ir.DoubleType().as_pointer()))
                place = builder.add(place, step)
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, values), generate

    return intrinsic(store)


def block_loader(kind: type[Any] | None, rows: tuple[int | None, ...], width: int) -> Any:
    """Return a function of an array with rows of `width` numbers and a column that makes a tuple of numbers.

    `rows` tells in which row each of them lies; what lies in none is 0, so that it costs nothing.
    """
    fields = [types.float64] * len(rows)
    made: Any = types.BaseTuple.from_types(fields, kind) if kind else types.UniTuple(types.float64, len(rows))

    def load(typing_context: Any, values: Any, column: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = context.make_array(values)(context, builder, arguments[0]).data
            loaded = []
            for row in rows:
                if row is None:
                    loaded.append(ir.Constant(ir.DoubleType(), 0.0))
                    continue
                index = builder.add(arguments[1], words.WORD(row * width))
                loaded.append(builder.load(builder.gep(data, [index], inbounds=True)))
            return context.make_tuple(builder, signature.return_type, loaded)

        return made(values, types.int64), generate

    return intrinsic(load)


def block_storer(rows: tuple[int | None, ...], width: int) -> Any:
    """Return a function that writes the numbers of a tuple to such an array; what lies in no row is left out."""

    def store(typing_context: Any, values: Any, column: Any, new: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = context.make_array(values)(context, builder, arguments[0]).data
            for k, row in enumerate(rows):
                if row is not None:
                    index = builder.add(arguments[1], words.WORD(row * width))
                    number = builder.extract_value(arguments[2], k)
                    number = context.cast(builder, number, new.types[k], types.float64)
                    builder.store(number, builder.gep(data, [index], inbounds=True))
            return context.get_dummy_value()

        return types.none(values, types.int64, new), generate

    return intrinsic(store)


def arrays_loader(kind: type[Any], kinds: Sequence[str], widths: Sequence[int]) -> Any:
    """Return a function that makes a named tuple of arrays from the address of words: where each is, and its size.

    `kinds` are those of one-dimensional arrays (see `compile.kinds`). One with a width is made one of rows of so many
    numbers: that it is known when the function is compiled saves multiplications.
    """
    dtypes = [words.numba_type(name).dtype for name in kinds]
    fields = [types.Array(dtype, 2 if width else 1, "C") for dtype, width in zip(dtypes, widths, strict=True)]
    made: Any = types.BaseTuple.from_types(fields, kind)

    def load(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pack, arrays = builder.inttoptr(arguments[0], words.WORD.as_pointer()), []
            for k, (field, width) in enumerate(zip(fields, widths, strict=True)):
                place, size = (builder.load(builder.gep(pack, [words.WORD(2 * k + j)])) for j in range(2))
                shape = [builder.sdiv(size, words.WORD(width)), words.WORD(width)] if width else [size]
                arrays.append(words.array_at(context, builder, field, place, shape))
            return context.make_tuple(builder, made, arrays)

        return made(types.int64), generate

    return intrinsic(load)


def columns_at(n: int) -> Any:
    """Return a function that finds `n` columns of numbers, from the address of words: where each is, and its size.

    What it returns tells where they are and how far their numbers are apart in bytes: 0 in columns of one number, which
    is that of all rows.
    """
    made = types.Tuple([types.int64] * (2 * n))

    def find(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pack, found = builder.inttoptr(arguments[0], words.WORD.as_pointer()), []
            for k in range(n):
                place, size = (builder.load(builder.gep(pack, [words.WORD(2 * k + j)])) for j in range(2))
                found += [
                    place,
                    builder.select(builder.icmp_signed(">", size, words.WORD(1)), words.WORD(8), words.WORD(0)),
                ]
            return context.make_tuple(builder, made, found)

        return made(types.int64), generate

    return intrinsic(find)


def _number_at(builder: Any, columns: Any, k: int, row: Any, whole: bool) -> Any:
    """Write code for the address of a number in a column; `whole` ones have one for each row."""
    step = words.WORD(8) if whole else builder.extract_value(columns, 2 * k + 1)
    place = builder.add(builder.extract_value(columns, 2 * k), builder.mul(row, step))
    return builder.inttoptr(place, ir.DoubleType().as_pointer())


def row_loader(chosen: Sequence[int], whole: Collection[int]) -> Any:
    """Return a function of columns (see `columns_at`) and a row that makes a tuple of the numbers in the chosen ones.

    Columns that are `whole` have a number for each row.
    """
    made = types.Tuple([types.float64] * len(chosen))

    def load(typing_context: Any, columns: Any, row: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            found = [builder.load(_number_at(builder, arguments[0], k, arguments[1], k in whole)) for k in chosen]
            return context.make_tuple(builder, made, found)

        return made(columns, types.int64), generate

    return intrinsic(load)


def row_storer(chosen: Mapping[int, int]) -> Any:
    """Return a function of columns, a row and a tuple that writes elements of the tuple, each to the column chosen."""

    def store(typing_context: Any, columns: Any, row: Any, values: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            columns, row, given = arguments
            for element, k in chosen.items():
                value = builder.extract_value(given, element)
                number = context.cast(builder, value, values.types[element], types.float64)
                builder.store(number, _number_at(builder, columns, k, row, True))
            return context.get_dummy_value()

        return types.none(columns, types.int64, values), generate

    return intrinsic(store)


def slices_loader(slices: Sequence[tuple[int, int, bool]]) -> Any:
    """Return a function of an address that makes a tuple of what lies there: numbers, and vectors from one to another.

    Each of the `slices` says where it begins and ends, and whether it is a vector.
    """
    fields = [types.Array(types.float64, 1, "C") if vector else types.float64 for *_, vector in slices]
    made = types.Tuple(fields)

    def load(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            found = []
            for field, (begin, end, vector) in zip(fields, slices, strict=True):
                place = builder.add(arguments[0], words.WORD(8 * begin))
                if vector:
                    found.append(words.array_at(context, builder, field, place, [words.WORD(end - begin)]))
                else:
                    found.append(builder.load(builder.inttoptr(place, ir.DoubleType().as_pointer())))
            return context.make_tuple(builder, made, found)

        return made(types.int64), generate

    return intrinsic(load)


def _reinterpreted(typing_context: Any, array: Any, dtype: Any) -> Any:
    kind = types.Array(dtype.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0])
        place, shape = builder.ptrtoint(data.data, words.WORD), cgutils.unpack_tuple(builder, data.shape)
        return words.array_at(context, builder, kind, place, shape)

    return kind(array, dtype), generate


reinterpreted: Any = intrinsic(_reinterpreted)
"""``reinterpreted(array, dtype)``: the words of an array as numbers of another type, like `numpy.ndarray.view`, which
is a large part of numba."""
