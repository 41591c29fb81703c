"""What is installed."""

from __future__ import annotations

import ctypes
import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tarfile

import pytest

import gradproof
from gradproof import _core


def test_the_module_brings_its_libraries_and_hides_them():
    library = ctypes.CDLL(_core.__file__)
    assert hasattr(library, "PyInit__core")
    assert not hasattr(library, "gp_check") and not hasattr(library, "json_object")
    assert _core.__file__.endswith(".abi3.so")


def test_versions_agree():
    assert gradproof.__version__ == importlib.metadata.version("gradproof")


def test_licences_are_installed():
    names = {file.name for file in importlib.metadata.files("gradproof") or []}
    assert {"LICENSE", "LICENSE-3RD-PARTY", "py.typed"} <= names


def test_every_option_of_the_library_is_known():
    header = pathlib.Path(__file__).parents[2] / "include" / "gradproof.h"
    text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
    (members,) = re.findall(r"typedef struct gp_options \{(.*?)\} gp_options;", text, flags=re.S)
    names = re.findall(r"(\w+)(?:\[\w+\])?;", members)
    assert set(gradproof.known_options()) == set(names) - {"team", "progress", "reserved"}


@pytest.mark.parametrize("module, words", [("torch", "needs PyTorch, which isn't installed: pip install torch"),
                                           ("jax", "needs JAX, which isn't installed: pip install jax")])
def test_adapters_say_what_is_missing(module, words):
    code = f"import sys; sys.modules['{module}'] = None\nimport gradproof\nimport gradproof.{module}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode != 0 and f"ImportError: gradproof.{module} {words}" in result.stderr


def test_a_source_distribution_brings_the_library_along(tmp_path, monkeypatch):
    """What its build needs is there, and nothing of the network, the proofs, the program."""
    backend = pytest.importorskip("scikit_build_core.build")
    project = pathlib.Path(__file__).parents[1]
    if not (project / "../CMakeLists.txt").exists():
        pytest.skip("not in a clone of the repository")
    monkeypatch.chdir(project)
    name = backend.build_sdist(str(tmp_path))
    with tarfile.open(tmp_path / name) as archive:
        files = {pathlib.PurePosixPath(*pathlib.PurePosixPath(file).parts[1:]) for file in archive.getnames()}
    core = {file.relative_to("core") for file in files if file.parts[0] == "core"}
    library = re.search(r"file\(GLOB GP_CHECKER CONFIGURE_DEPENDS([^)]*)\)", (project / "../CMakeLists.txt").read_text())
    for pattern in [*library[1].split(), "src/*/*.h",
                    "src/system/*.c", "src/report/page/*", "include/*.h", "include/gradproof/*.h"]:
        for file in (project / "..").glob(pattern):
            at = file.relative_to(project / "..")
            assert (at in core) != (at.parts[1] in ("nn", "prove", "mpi", "cli")), at
    assert {"pyproject.toml", "CMakeLists.txt", "LICENSE", "src/_core.c", "src/gradproof/py.typed"} <= set(map(str, files))
