"""Plugin of pytest that makes ``import nest`` mean jaxnest before any test file is imported."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jaxnest import alias
from jaxnest.kernel import kernel_status
from jaxnest.kernel.settings.build_info import build_info

alias.install()


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Let the examples of the source tree, with their data, be where an installed NEST has them."""
    examples = config.rootpath.parents[1] / "pynest" / "examples"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "examples", "pynest")
        place.parent.mkdir()
        place.symlink_to(examples)
        kernel_status.COMPUTED["build_info"] = lambda _: build_info() | {"docdir": folder}
        return (yield)
