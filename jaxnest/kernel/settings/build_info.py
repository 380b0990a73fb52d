"""What ``nest.build_info`` says: the version of NEST that jaxnest follows, and what this build has."""

from __future__ import annotations

import functools
import importlib.util
import platform
from pathlib import Path
from typing import Any

import jaxnest._version

NEST_VERSION = "3.10.0"
"""The version of NEST whose behaviour is reproduced."""

_EXIT_CODES = {
    "success": 0,
    "unknownerror": 10,
    "userabort": 15,
    "exception": 125,
    "scripterror": 126,
    "fatal": 127,
    "abort": 134,
    "segfault": 139,
    "skipped": 200,
    "skipped_no_mpi": 201,
    "skipped_have_mpi": 202,
    "skipped_no_threading": 203,
    "skipped_no_gsl": 204,
    "skipped_no_music": 205,
}


@functools.cache
def _host() -> dict[str, str]:
    cpu, system = platform.machine(), platform.system().lower()
    return {"host": f"{cpu}-pc-{system}", "hostcpu": cpu, "hostos": system, "hostvendor": "pc"}


@functools.cache
def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def build_info() -> dict[str, Any]:
    """Return the dictionary that ``nest.build_info`` shows."""
    folder = str(Path(jaxnest._version.__file__).parent)
    features = {
        "have_boost": True,
        "have_gsl": True,
        "have_hdf5": _installed("h5py"),
        "have_libneurosim": False,
        "have_mpi": False,
        "have_music": False,
        "have_sionlib": False,
        "have_threads": True,
    }
    return {
        "version": NEST_VERSION,
        "jaxnest_version": jaxnest._version.__version__,
        "built": jaxnest._version.__version__,
        "datadir": folder,
        "docdir": folder,
        "prefix": folder,
        "exitcode": 0,
        "ndebug": True,
        "threads_model": "xla",
        "test_exitcodes": dict(_EXIT_CODES),
        **features,
        **_host(),
    }
