"""Functions of the elements of tuples, in compiled code: written out, so that all elements stay in registers."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, Signature
from typing import Any

from jaxnest.compile.late import Library, cgutils, intrinsic, types

_imputils: Any = Library("numba.core.imputils")


def mapped(function: Any, n: int) -> Any:
    """Return the function of `n` arguments that gives a tuple: what `function` makes of their elements.

    Parameters
    ----------
    function
        A function that `njit` has made.
    n
        Number of arguments; those that are no tuples are the same for all elements.
    """

    def typed(typing_context: Any, *arguments: Any) -> Any:
        kinds = _of_elements(typing_context, function, arguments)
        made = types.Tuple([kind.return_type for kind in kinds])

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            found = []
            for k, kind in enumerate(kinds):
                call = context.get_function(function._numba_type_, kind)
                elements = _elements(builder, arguments, values, k)
                found.append(call(builder, elements))
            return context.make_tuple(builder, made, found)

        return made(*arguments), generate

    return _intrinsic(typed, n)


def folded(function: Any, n: int) -> Any:
    """Return the function of a number and `n` arguments: ``function(number, *elements)`` for one element after another.

    What comes out of one call is the number of the next one.
    """

    def typed(typing_context: Any, start: Any, *arguments: Any) -> Any:
        kinds = _of_elements(typing_context, function, arguments, (start,))

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            result, *others = values
            for k, kind in enumerate(kinds):
                call = context.get_function(function._numba_type_, kind)
                result = call(builder, [result, *_elements(builder, arguments, others, k)])
            return result

        return start(start, *arguments), generate

    return _intrinsic(typed, n + 1)


def replaced(places: Sequence[int]) -> Any:
    """Return the function of two tuples that gives the first one with the second one's elements at these places."""

    def typed(typing_context: Any, old: Any, new: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            result = values[0]
            for k, place in enumerate(places):
                value = context.cast(builder, builder.extract_value(values[1], k), new.types[k], old.types[place])
                result = builder.insert_value(result, value, place)
            return _imputils.impl_ret_borrowed(context, builder, old, result)

        return old(old, new), generate

    return intrinsic(typed)


def picked(places: Sequence[int]) -> Any:
    """Return the function of a tuple that gives its elements at these places."""

    def typed(typing_context: Any, values: Any) -> Any:
        made = types.Tuple([values.types[place] for place in places])

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            result = context.make_tuple(builder, made, [builder.extract_value(arguments[0], k) for k in places])
            return _imputils.impl_ret_borrowed(context, builder, made, result)

        return made(values), generate

    return intrinsic(typed)


def combined(kind: type[Any] | None, places: Sequence[int]) -> Any:
    """Return the function of two tuples that makes a tuple of their elements, a named one if there is a `kind`.

    `places` are those of the elements; they count through both tuples.
    """

    def typed(typing_context: Any, first: Any, second: Any) -> Any:
        found = (*first.types, *second.types)
        chosen = [found[place] for place in places]
        made = types.BaseTuple.from_types(chosen, kind) if kind else types.Tuple(chosen)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            values = [value for one in arguments for value in cgutils.unpack_tuple(builder, one)]
            result = context.make_tuple(builder, made, [values[place] for place in places])
            return _imputils.impl_ret_borrowed(context, builder, made, result)

        return made(first, second), generate

    return intrinsic(typed)


def _of_elements(typing_context: Any, function: Any, arguments: Any, before: tuple[Any, ...] = ()) -> list[Any]:
    """Return the signatures of a function for the elements of its arguments."""
    n = next(len(kind.types) for kind in arguments if isinstance(kind, types.BaseTuple))
    chosen = ([kind.types[k] if isinstance(kind, types.BaseTuple) else kind for kind in arguments] for k in range(n))
    dispatcher = function._numba_type_
    return [typing_context.resolve_function_type(dispatcher, (*before, *kinds), {}) for kinds in chosen]


def _elements(builder: Any, arguments: Any, values: Any, k: int) -> list[Any]:
    pairs = zip(arguments, values, strict=True)
    return [builder.extract_value(value, k) if isinstance(kind, types.BaseTuple) else value for kind, value in pairs]


def _intrinsic(typed: Any, n: int) -> Any:
    names = ["typing_context", *(f"argument_{k}" for k in range(n))]
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
    return intrinsic(typed)
