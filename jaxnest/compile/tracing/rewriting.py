"""Functions whose conditions and loops depend on numbers, rewritten so that JAX can trace them.

Compiled loops branch; array operations cannot: all nodes and connections go through the same operations. So `rewritten`
reads the source of a function and replaces what decides about the order of operations by calls of `tracing.flow`:

- a condition by a choice between the results of both branches,
- a loop by one that goes on until it is over for all nodes, and holds those for which it is over,
- ``return`` inside conditions and loops, ``break`` and ``continue`` by conditions,
- assignments to elements of arrays by arrays that differ in these elements,
- calls by those of what the called function means in traced code (`tracing.flow.meaning`), or of its traceable form.

What is written in a function stays one source for both.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType, ModuleType
from typing import Any, final

from jaxnest import errors

FLOW = "_flow"
"""What rewritten functions know the module `tracing.flow` as."""
_JUMPS = (ast.Break, ast.Continue)
_LOOPS = (ast.While, ast.For)
_SCOPES = (ast.FunctionDef, ast.Lambda)


def rewritten(function: Callable[..., Any], flow: ModuleType) -> Callable[..., Any]:
    """Return a function with the same results that JAX can trace; `flow` is the module whose functions it calls.

    Raises
    ------
    NotImplemented
        If its source is not known, or has statements that cannot be traced.
    """
    if not isinstance(function, FunctionType):
        return function
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        raise errors.NotImplemented(
            f"The source of {function.__qualname__} cannot be read, which compute_backend 'jax' needs: write it to a "
            f"file, or set nest.compute_backend = 'native'."
        ) from None
    found = next((node for node in ast.walk(tree) if isinstance(node, _SCOPES)), None)
    if isinstance(found, ast.Lambda):
        found = ast.FunctionDef("traced", found.args, [ast.Return(found.body)], [], lineno=1, col_offset=0)
    if not isinstance(found, ast.FunctionDef):
        raise errors.NotImplemented(f"{function.__qualname__} cannot be traced by JAX.")
    return _compiled(function, _Rewriter(function).rewritten(found), flow)


def _compiled(function: FunctionType, definition: ast.FunctionDef, flow: ModuleType) -> Callable[..., Any]:
    """Return the function that a definition in the place of another one makes."""
    free = function.__code__.co_freevars
    outer = _definition("_outer", [*free, FLOW], [definition, ast.Return(_name(definition.name))])
    module = ast.fix_missing_locations(ast.Module([outer], []))
    ast.increment_lineno(module, function.__code__.co_firstlineno - 1)
    space: dict[str, Any] = {}
    exec(compile(module, function.__code__.co_filename, "exec"), function.__globals__, space)
    made = space["_outer"](*(cell.cell_contents for cell in function.__closure__ or ()), flow)
    made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return made


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def _tuple(names: Iterable[str], context: Any) -> ast.Tuple:
    return ast.Tuple([ast.Name(name, context()) for name in names], context())


def _definition(name: str, arguments: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
    parameters = ast.arguments([], [ast.arg(a) for a in arguments], None, [], [], None, [])
    return ast.FunctionDef(name, parameters, body, [])


def _flow(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(_name(FLOW), name, ast.Load()), list(arguments), [])


def _later(value: ast.expr) -> ast.Lambda:
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), value)


def _inside(statements: Iterable[ast.stmt], kinds: Any, also_loops: bool = True) -> bool:
    """Return whether there are such nodes among statements, loops inside them included or not."""
    for statement in statements:
        if isinstance(statement, kinds):
            return True
        if isinstance(statement, _SCOPES) or (isinstance(statement, _LOOPS) and not also_loops):
            continue
        if _inside((n for n in ast.iter_child_nodes(statement) if isinstance(n, ast.stmt)), kinds, also_loops):
            return True
    return False


def _ends_at_results(loop: ast.stmt) -> bool:
    """Return whether a loop ends nowhere but at ``return``."""
    if not (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value):
        return False
    return not _inside(loop.body, ast.Break, also_loops=False)


def _returns(statements: Sequence[ast.stmt]) -> bool:
    """Return whether statements always end with a result."""
    last = statements[-1] if statements else None
    return isinstance(last, ast.Return) or (isinstance(last, ast.If) and _returns(last.body) and _returns(last.orelse))


def _assigned(statements: Iterable[ast.stmt]) -> list[str]:
    """Return the names that statements assign to, sorted."""
    names = {
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return sorted(names | {base for s in statements for node in ast.walk(s) for base in _elements_of(node)})


def _elements_of(node: ast.AST) -> Iterable[str]:
    """Yield the name of what an element is assigned to."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        base = node.value
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        if isinstance(base, ast.Name):
            yield base.id


@final
class _Rewriter(ast.NodeTransformer):
    """Rewrites one function."""

    def __init__(self, function: FunctionType) -> None:
        self._function, self._n = function, 0

    def _new(self, kind: str) -> str:
        self._n += 1
        return f"_{kind}_{self._n}"

    def rewritten(self, definition: ast.FunctionDef) -> ast.FunctionDef:
        """Return the definition of the traceable function."""
        body = [s for s in definition.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        body = self._settled(body)
        local = sorted(set(_assigned(body)) - {a.arg for a in definition.args.args})
        begin: list[ast.stmt] = [ast.Assign([_store(n) for n in local], _flow_unset())] if local else []
        arguments = definition.args
        for argument in arguments.args:
            argument.annotation = None
        return ast.FunctionDef(definition.name, arguments, [*begin, *self._all(body)], [])

    # -- results, ``break`` and ``continue``: only at the end of statements --------------------------------------

    def _settled(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return statements with the same result in which ``return`` comes last, also in conditions that come last."""
        done: list[ast.stmt] = []
        for k, statement in enumerate(statements):
            rest = list(statements[k + 1 :])
            if isinstance(statement, ast.Return):
                return [*done, statement]
            if isinstance(statement, ast.If) and _inside([statement], ast.Return):
                body, other = (b if _returns(b) else [*b, *rest] for b in (statement.body, statement.orelse))
                return [*done, ast.If(statement.test, self._settled(body), self._settled(other))]
            if isinstance(statement, _LOOPS) and _inside([statement], ast.Return):
                flag, result = self._new("returned"), self._new("result")
                endless = _ends_at_results(statement)
                loop = _ReturnsAsBreaks(flag, result).outermost(statement)
                begin = ast.Assign([_store(flag)], ast.Constant(False))
                if endless:
                    return [*done, begin, loop, ast.Return(_name(result))]
                end = ast.If(_name(flag), [ast.Return(_name(result))], self._settled(rest))
                return [*done, begin, loop, end]
            done.append(statement)
        return [*done, ast.Return(ast.Constant(None))]

    def _without_jumps(self, statements: Sequence[ast.stmt], left: str, skipped: str) -> list[ast.stmt]:
        """Return the body of a loop with conditions in place of ``break`` and ``continue``."""
        done: list[ast.stmt] = []
        for k, statement in enumerate(statements):
            if isinstance(statement, _JUMPS):
                flags = [left, skipped] if isinstance(statement, ast.Break) else [skipped]
                return [*done, ast.Assign([_store(flag) for flag in flags], ast.Constant(True))]
            if isinstance(statement, ast.If) and _inside([statement], _JUMPS, also_loops=False):
                body = self._without_jumps(statement.body, left, skipped)
                other = self._without_jumps(statement.orelse, left, skipped)
                rest = self._without_jumps(statements[k + 1 :], left, skipped)
                done.append(ast.If(statement.test, body or [ast.Pass()], other))
                return [*done, ast.If(ast.UnaryOp(ast.Not(), _name(skipped)), rest, [])] if rest else done
            done.append(statement)
        return done

    # -- statements ----------------------------------------------------------------------------------------------

    def _all(self, statements: Iterable[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            made = self.visit(statement)
            result += made if isinstance(made, list) else [made]
        return result

    def visit_If(self, node: ast.If) -> list[ast.stmt]:
        names, then, other = _assigned([*node.body, *node.orelse]), self._new("then"), self._new("otherwise")
        ends = _returns([node])
        results = [] if ends else [ast.Return(_tuple(names, ast.Load))]
        made: list[ast.stmt] = [
            _definition(then, names, [*self._all(node.body), *results]),
            _definition(other, names, [*self._all(node.orelse), *results] or [ast.Pass()]),
        ]
        call = _flow("branch", self.visit(node.test), _name(then), _name(other), _tuple(names, ast.Load))
        if ends:
            return [*made, ast.Return(call)]
        return [*made, ast.Assign([_tuple(names, ast.Store)], call) if names else ast.Expr(call)]

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        return self._loop(node)

    def visit_For(self, node: ast.For) -> list[ast.stmt]:
        return self._loop(node)

    def _loop(self, node: ast.While | ast.For) -> list[ast.stmt]:
        if node.orelse:
            raise self._refused(node)
        body, begin, flags = list(node.body), [], []
        if _inside(body, _JUMPS, also_loops=False):
            left, skipped = self._new("left"), self._new("skipped")
            flags = [left]
            begin = [ast.Assign([_store(left), _store(skipped)], ast.Constant(False))]
            again = ast.Assign([_store(skipped)], ast.Constant(False))
            body = [again, *self._without_jumps(body, left, skipped)]
        names, step, goes_on = _assigned([*body, *begin]), self._new("step"), self._new("goes_on")
        result = ast.Return(_tuple(names, ast.Load))
        made: list[ast.stmt] = list(begin)
        condition: ast.expr = ast.Constant(True)
        for flag in flags:
            condition = _flow("negation", _name(flag))
        if isinstance(node, ast.While):
            ours = self.visit(node.test)
            condition = _flow("both", condition, _later(ours)) if flags else ours
            made.append(_definition(step, names, [*self._all(body), result]))
            call = _flow("repeat", _name(goes_on), _name(step), _tuple(names, ast.Load))
        else:
            item = self._new("item")
            first = ast.Assign([node.target], _name(item))
            names = sorted({*names, *_assigned([first])})
            result = ast.Return(_tuple(names, ast.Load))
            made.append(_definition(step, [item, *names], [first, *self._all(body), result]))
            call = _flow("each", self.visit(node.iter), _name(goes_on), _name(step), _tuple(names, ast.Load))
        made.append(_definition(goes_on, names, [ast.Return(condition)]))
        return [*made, ast.Assign([_tuple(names, ast.Store)], call) if names else ast.Expr(call)]

    def visit_Assign(self, node: ast.Assign) -> Any:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
            return self._put(node.targets[0], self.visit(node.value))
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return ast.Pass()
        return self.visit(ast.Assign([node.target], node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        old = _loaded(node.target)
        value = self.visit(ast.BinOp(old, node.op, node.value))
        if isinstance(node.target, ast.Subscript):
            return self._put(node.target, value)
        return ast.Assign([node.target], value)

    def _put(self, target: ast.Subscript, value: ast.expr) -> ast.stmt:
        """Assign to an element of what a name, or an attribute of it, stands for."""
        base, index = target.value, self.visit(target.slice)
        if isinstance(base, ast.Name):
            return ast.Assign([_store(base.id)], _flow("put", _name(base.id), index, value))
        if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
            name = ast.Constant(base.attr)
            return ast.Assign([_store(base.value.id)], _flow("put_into", _name(base.value.id), name, index, value))
        raise self._refused(target)

    def visit(self, node: ast.AST) -> Any:
        """Rewrite a node."""
        if isinstance(node, ast.Raise | ast.Try | ast.With | ast.Delete | ast.Global | ast.Nonlocal):
            raise self._refused(node)
        return super().visit(node)

    def _refused(self, node: Any) -> errors.NotImplemented:
        where = f"{self._function.__code__.co_filename}:{self._function.__code__.co_firstlineno + node.lineno - 1}"
        return errors.NotImplemented(
            f"{self._function.__qualname__} has a statement that compute_backend 'jax' cannot trace ({where}): "
            f"{ast.unparse(node).splitlines()[0]}"
        )

    # -- expressions ---------------------------------------------------------------------------------------------

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test, a, b = (self.visit(n) for n in (node.test, node.body, node.orelse))
        return _flow("choice", test, _later(a), _later(b))

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        name = "both" if isinstance(node.op, ast.And) else "either"
        *first, result = [self.visit(value) for value in node.values]
        for value in reversed(first):
            result = _flow(name, value, _later(result))
        return result

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        node = self.generic_visit(node)  # pyright: ignore[reportAssignmentType]
        return _flow("negation", node.operand) if isinstance(node.op, ast.Not) else node

    def visit_Compare(self, node: ast.Compare) -> Any:
        if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
            return self.generic_visit(node)
        sides = [self.visit(n) for n in (node.left, *node.comparators)]
        parts: list[ast.expr] = [
            ast.Compare(a, [op], [b]) for a, op, b in zip(sides, node.ops, sides[1:], strict=False)
        ]
        result = parts.pop()
        while parts:
            result = _flow("both", parts.pop(), _later(result))
        return result

    def visit_Call(self, node: ast.Call) -> Any:
        node = self.generic_visit(node)  # pyright: ignore[reportAssignmentType]
        return ast.Call(_flow("called", node.func), node.args, node.keywords)


@final
class _ReturnsAsBreaks(ast.NodeTransformer):
    """Lets loops note their result, and end."""

    def __init__(self, flag: str, result: str) -> None:
        self._flag, self._result = flag, result

    def outermost(self, loop: Any) -> Any:
        """Return the loop that ends at results."""
        return self.generic_visit(loop)

    def visit_While(self, node: Any) -> Any:
        ends = _inside([node], ast.Return)
        inner = self.generic_visit(node)
        return [inner, ast.If(_name(self._flag), [ast.Break()], [])] if ends else inner

    visit_For = visit_While

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        value = node.value or ast.Constant(None)
        noted = [ast.Assign([_store(self._result)], value), ast.Assign([_store(self._flag)], ast.Constant(True))]
        return [*noted, ast.Break()]

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node


def _flow_unset() -> ast.Attribute:
    return ast.Attribute(_name(FLOW), "UNSET", ast.Load())


def _loaded(target: Any) -> Any:
    """Return the expression that reads what an assignment writes."""
    copy = ast.parse(ast.unparse(target), mode="eval").body
    return ast.copy_location(copy, target)
