"""Plugin of pytest that makes ``import nest`` mean jaxnest before any test file is imported."""

from jaxnest import alias

alias.install()
