"""The version of jaxnest."""

__version__ = "0.1.0"
