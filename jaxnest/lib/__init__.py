"""PyNEST's folder of modules. Published code imports from it: ``from nest.lib.hl_api_nodes import Create``."""
