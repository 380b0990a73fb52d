"""The application: who may ask, and what is answered at which address."""

from __future__ import annotations

import functools
import hmac
import logging
import os
import traceback
from collections.abc import Callable
from typing import Any

import jaxnest as nest
from jaxnest import errors
from jaxnest.extras import needed
from jaxnest.server import calls, scripts
from jaxnest.server.problems import Problem, problem_of
from jaxnest.server.settings import PREFIX, Settings

HEADER = "NESTServerAuth"
PORT = 52425
_log = logging.getLogger(__name__)


@functools.cache
def default_app() -> Any:
    """Return the application with the settings of environment variables, which stay those of the first call."""
    level = os.environ.get(f"{PREFIX}MPI_LOGGER_LEVEL")
    if level is not None:
        _log.setLevel(level)
    settings = Settings.of_environment()
    print(banner(settings), flush=True)
    return create_app(settings)


def banner(settings: Settings) -> str:
    """Return what is said at the beginning: the access token, and what is less safe than by default."""
    lines = ["*" * 80]
    if settings.risks():
        lines += ["WARNING: access is less restricted than by default. Others may run code with your rights.", ""]
        lines += [f" - {risk}" for risk in settings.risks()] + [""]
    if settings.needs_token:
        lines.append(f"   Access token to NEST Server: {settings.token}")
        lines.append(f"   Requests need it in a header: {{'{HEADER}': '<access token>'}}")
    return "\n".join([*lines, "*" * 80])


def create_app(settings: Settings) -> Any:
    """Return an application of Flask.

    Parameters
    ----------
    settings : Settings
        What is allowed.

    Raises
    ------
    ModuleNotFoundError
        If a package is not installed.
    """
    flask = needed("flask", "Servers", "server")
    app = flask.Flask("jaxnest.server")
    needed("flask_cors", "Servers", "server").CORS(app, origins=settings.patterns(), methods=["GET", "POST"])

    @app.before_request
    def check_token() -> Any:
        given = flask.request.headers.get(HEADER, "")
        if flask.request.method == "OPTIONS" or not settings.needs_token:
            return None
        allowed = hmac.compare_digest(given.encode(), settings.token.encode())
        return None if allowed else ("Unauthorized", 403)

    @app.errorhandler(Problem)
    def tell(problem: Problem) -> Any:
        if problem.__cause__ is not None:
            traceback.print_exception(problem.__cause__)
        return flask.jsonify(problem.content()), problem.status

    def address(rule: str, answer: Callable[..., Any], *methods: str) -> None:
        app.add_url_rule(rule, rule, answer, methods=methods)

    def run_script() -> Any:
        if not settings.runs_scripts:
            flask.abort(403, "The route `/exec` has been disabled. Please contact the server administrator.")
        return _written(flask, scripts.do_exec(*arguments(flask.request), settings))

    def call(name: str) -> Any:
        args, kwargs = arguments(flask.request)
        _log.debug("%s, args=%s, kwargs=%s", name, args, kwargs)
        try:
            return _written(flask, calls.answer(name, args, kwargs))
        except (Exception, SystemExit) as error:
            raise problem_of(error) from error

    about = {"nest": nest.build_info["version"], "mpi": False}
    address("/", lambda: flask.jsonify(about), "GET")
    address("/auth", lambda: flask.jsonify({"authorized": True}), "GET")
    address("/api", lambda: flask.jsonify(calls.names()), "GET")
    address("/api/<name>", call, "GET", "POST")
    address("/exec", run_script, "GET", "POST")
    return app


def _written(flask: Any, content: Any) -> Any:
    """Return an answer in JSON.

    Raises
    ------
    Problem
        If it cannot be written so.
    """
    try:
        return flask.jsonify(content)
    except TypeError as error:
        raise Problem(f"TypeError: the result cannot be written as JSON: {error}") from None


def arguments(request: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments that a request has: as JSON, as a form, or in its address."""
    if request.is_json:
        content = request.get_json()
        if isinstance(content, dict):
            args = content.pop("args", [])
            return list(args), content
        if isinstance(content, str) and content:
            return [content], {}
        return (content if isinstance(content, list) else []), {}
    given = request.form or request.args
    if "args" in given:
        return given.getlist("args"), {}
    return [], given.to_dict()


def set_mpi_comm(comm: Any) -> None:
    """Take a communicator of MPI, of which there is none here.

    Raises
    ------
    NotImplemented
        If it is one.
    """
    if comm is not None:
        raise errors.NotImplemented("set_mpi_comm: jaxnest runs in a single process.")


def run_mpi_app(host: str = "127.0.0.1", port: int = PORT) -> None:
    """Run the server in this process, until it is interrupted.

    Parameters
    ----------
    host, port : str, int
        Where it listens.
    """
    default_app().run(host=host, port=int(port), threaded=False)
