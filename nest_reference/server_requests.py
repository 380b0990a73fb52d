"""Requests to the server, and the settings that it has then. NEST's answers are recorded by `record_server.py`.

A request is a method, an address and what it sends: JSON, or a form, or a text that claims to be JSON.
"""

from __future__ import annotations

from typing import Any

OPEN = {"NEST_SERVER_DISABLE_AUTH": "1"}
SCRIPTS = OPEN | {"NEST_SERVER_ENABLE_EXEC_CALL": "true"}
SETTINGS: dict[str, dict[str, str]] = {
    "closed": {"NEST_SERVER_ACCESS_TOKEN": "token"},
    "functions": OPEN,
    "scripts": SCRIPTS,
    "free scripts": SCRIPTS
    | {
        "NEST_SERVER_DISABLE_RESTRICTION": "T",
        "NEST_SERVER_MODULES": "import nest; import numpy as np; from numpy import random",
    },
    "other modules": SCRIPTS | {"NEST_SERVER_MODULES": "nest,numpy"},
}
"""Environment variables by the name of a group of requests."""

Request = tuple[str, str, Any]


def _json(address: str, *contents: Any) -> list[Request]:
    return [("JSON", f"/api/{address}", content) for content in contents]


def _get(*addresses: str) -> list[Request]:
    return [("GET", address, None) for address in addresses]


def _scripts(*scripts: tuple[str, Any]) -> list[Request]:
    return [("JSON", "/exec", {"source": source, "return": names}) for source, names in scripts]


NETWORK = """\
import nest
from numpy import *

nest.ResetKernel()
neurons = nest.Create("iaf_psc_alpha", 4, params={"I_e": 500.0})
recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 5.0})
nest.Connect(neurons[1:], recorder)
nest.Connect(meter, neurons[0])
nest.Simulate(60.0)
response = {"events": [recorder.get("events"), meter.get("events")], "biological_time": nest.biological_time}
"""

IN_SPACE = """\
import nest

nest.ResetKernel()
nest.SetKernelStatus({"local_num_threads": 2, "rng_seed": 5})
nest.CopyModel("iaf_psc_alpha", "mine", {"C_m": 200.0})
noise = nest.Create("poisson_generator", params={"rate": 6500})
free = nest.spatial.free(nest.random.uniform(-0.5, 0.5), num_dimensions=2)
cells, grid = nest.Create("mine", 50, positions=free), nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([5, 5]))
recorder = nest.Create("spike_recorder")
nest.Connect(noise, cells, syn_spec={"weight": 10.0})
p = nest.spatial_distributions.gaussian(nest.spatial.distance, std=0.2)
rule = {"rule": "pairwise_bernoulli", "p": p, "mask": {"circular": {"radius": 0.3}}}
nest.Connect(cells, grid, rule, {"weight": nest.random.normal(1.0, 0.1)})
nest.Connect(cells, recorder)
nest.Simulate(50.0)

def events(node):
    return node.get("n_events")

response = {
    "positions": [cells.global_id, nest.GetPosition(cells)],
    "activities": [{"n": events(node), "ids": node.tolist()} for node in [recorder]],
    "connections": len(nest.GetConnections(cells, grid)),
}
"""

FUNCTION = """\
def f(x):
    return x + 1
y = [f(i) for i in range(3)]
z = max(y)
a, b = 1, 2
"""

REQUESTS: dict[str, list[Request]] = {
    "closed": [
        *_get("/", "/api", "/api/ConnectionRules", "/exec", "/nowhere"),
        *_json("Create", {"model": "iaf_psc_alpha"}),
        ("OPTIONS", "/api/Create", None),
        ("PUT", "/api/Create", None),
    ],
    "functions": [
        *_get("/", "/nowhere", "/exec", "/api/", "/api/GetKernelStatus?keys=resolution", "/api/resolution"),
        ("JSON", "/exec", {"source": "x = 1", "return": "x"}),
        ("JSON", "/", {}),
        ("PUT", "/api/Create", None),
        *_json("GetKernelStatus", "resolution", ["rng_seed"], {"keys": ["resolution", "rng_seed"]}, ["nonsense"]),
        *_json("GetKernelStatus", {"args": ["resolution"]}, {"wrong": 1}),
        ("TEXT", "/api/GetKernelStatus", "{bad"),
        ("TEXT", "/api/GetKernelStatus", ""),
        *_json("GetDefaults", ["iaf_psc_alpha", "V_m"], {}, {"model": "nonsense"}),
        *_json("GetDefaults", {"model": "iaf_psc_alpha", "keys": ["V_m", "V_min", "recordables"]}),
        *_get("/api/GetDefaults?model=iaf_psc_alpha&keys=V_m", "/api/GetDefaults?args=iaf_psc_alpha&args=V_m"),
        ("FORM", "/api/GetDefaults", {"model": "iaf_psc_alpha", "keys": "C_m"}),
        ("FORM", "/api/GetDefaults", {"args": ["iaf_psc_alpha", "C_m"]}),
        *_get("/api/ResetKernel", "/api/ConnectionRules", "/api/NumProcesses", "/api/Rank", "/api/userdict"),
        *_json("Create", {"model": "iaf_psc_alpha", "n": 3}, ["poisson_generator", 1, {"rate": 9000.0}]),
        *_json("Create", "spike_recorder", {"model": "nonsense"}, {}),
        *_json("Create", {"model": "iaf_psc_alpha", "params": {"wrong": 1.0}}, ["iaf_psc_alpha", -1]),
        *_json("Connect", {"pre": [4], "post": [1, 2, 3], "syn_spec": {"weight": 100.0}}, [[1, 2, 3], [5]]),
        *_json("Connect", {"pre": [99], "post": [1]}, {"pre": [], "post": [1]}, {"pre": 1, "post": 2}),
        *_json("Simulate", {"t": 100.0}, [10], {"t": "abc"}, {"t": -1.0}, {}),
        *_get("/api/Simulate?t=10", "/api/biological_time"),
        *_json("GetConnections", {"source": [1]}, {}),
        *_json("GetStatus", {"nodes": [5], "keys": "n_events"}, {"nodes_or_conns": [5]}),
        *_json("GetNodes", {}, {"properties": {"model": "iaf_psc_alpha"}}),
        *_json("NodeCollection", [[1, 2]]),
        *_json("SetKernelStatus", [{"rng_seed": 5}], {"params": {"resolution": 0.2}}),
        *_json("set", {"rng_seed": 7}),
        *_json("get", ["rng_seed"]),
        *_json("SetDefaults", ["iaf_psc_alpha", {"V_m": -60.0}]),
        *_json("CopyModel", ["iaf_psc_alpha", "mine"]),
        *_get("/api/nonsense", "/api/_hidden", "/api/cycle_time_log", "/api/set_communicator", "/api/NESTErrors"),
        *_get("/api/Create?inspect=nonsense", "/api/Create?inspect=signature"),
        *_json("Install", ["nonsense"]),
    ],
    "scripts": [
        *_scripts((FUNCTION, ["y", "z", "b"])),
        *_scripts(("x = 5", "x"), ("x = 5\ny = [1, 2.5]", ["x", "y", "z"]), ("x = 5", "y"), ("x = 5", 7), ("", None)),
        *_scripts(("print('hello', 5)\nprint('x')", "x"), (NETWORK, "response"), (NETWORK, ["neurons", "recorder"])),
        *_scripts((IN_SPACE, "response"), (IN_SPACE, "recorder")),
        *_get("/exec", "/exec?source=x%3D7&return=x"),
        ("FORM", "/exec", {"source": "x = 8", "return": "x"}),
        ("JSON", "/exec", "x = 5"),
        ("JSON", "/exec", {}),
        *_scripts(("x = time.time() > 0\ny = math.sqrt(4)\nz = string.digits", ["x", "y", "z"])),
        *_scripts(("x = (1, None, True, float('nan'), float('inf'))", "x"), ("x = {1, 2}", "x"), ("x = nest", "x")),
        *_scripts(("nest.userdict['a'] = 5\nx = nest.userdict", "x"), ("x = nest.Create('nonsense')", "x")),
        *_scripts(("x = 1\ny = 1/0", "x"), ("x = 1\n\ny = undefined", "x"), ("x = {}['a']", "x"), ("x = (1, 2", "x")),
        *_scripts(("raise ValueError('bad')", "x"), ("raise ValueError()", "x"), ("x = 'abc'[0]", "x")),
        *_scripts(("x = open('/etc/passwd').read()", "x"), ("x = eval('1')", "x"), ("x = ().__class__", "x")),
        *_scripts(("if True:\n    import os\nx = os.getpid()", "x"), ("import os\nx = os.getpid()", "x")),
        *_scripts(("x = getattr(nest, '_x')", "x"), ("x = nest._kernel", "x"), ("x = 1\nx += 1", "x")),
        *_scripts(("class A:\n    pass", "x"), ("import numpy as np\nx = np.arange(3)", "x")),
    ],
    "free scripts": [
        *_scripts(("import os\nx = np.arange(3)\nprint('a')\nprint('b', 3)", "x")),
        *_scripts(("import os\nclass A:\n    y = 3\nx = os.getpid() > 0\nz = A().y", ["x", "z"])),
        *_scripts(("x = np.ones((2, 2))\ny = random.normal(size=2).shape\nz = np.float64(2.5)", ["x", "y", "z"])),
        *_scripts(("x = np.array([1.0, np.nan, np.inf])", "x"), ("x = 1/0", "x"), ("x = (", "x")),
        *_scripts(("print('x'); y = undefined", "x"), ("x = nest.Create('nonsense')", "x")),
        *_scripts(("def f():\n    g()\ndef g():\n    raise KeyError('k')\nf()", "x")),
        *_scripts(("def f():\n    g()\ndef g():\n    raise OSError('k')\nf()", "x")),
    ],
    "other modules": _scripts(("x = nest.resolution", "x"), ("x = 1", "x")),
}


def answers(app: Any, group: str) -> list[dict[str, Any]]:
    """Send a group of requests to an application of Flask and return what it answers."""
    client, found = app.test_client(), []
    token = SETTINGS[group].get("NEST_SERVER_ACCESS_TOKEN")
    for headers in [{}] if token is None else [{}, {"NESTServerAuth": "wrong"}, {"NESTServerAuth": token}]:
        for method, address, content in REQUESTS[group]:
            if method == "JSON":
                response = client.post(address, json=content, headers=headers)
            elif method == "FORM":
                response = client.post(address, data=content, headers=headers)
            elif method == "TEXT":
                response = client.post(address, data=content, headers={"Content-Type": "application/json"})
            else:
                response = client.open(address, method=method, headers=headers)
            found.append(
                {
                    "request": [method, address, content, headers],
                    "status": response.status_code,
                    "type": response.mimetype,
                    "content": response.get_json() if response.is_json else response.get_data(as_text=True),
                }
            )
    return found
