"""What is built and installed: what it exports, where it looks for libraries, and how others build with it."""

import glob
import os
import re
import shutil
import subprocess
import unittest

from harness import BUILD, PROGRAM, SANITIZED, SOURCE, ProgramTest, run

LIBRARY = os.path.join(BUILD, "libgradproof.so")
NN = os.path.join(BUILD, "libgradproof_nn.so")
MPI = os.path.join(BUILD, "libgradproof_mpi.so")
PROVE = os.path.join(BUILD, "libgradproof_prove.so")
BUILT = [path for path in (PROGRAM, LIBRARY, NN, MPI, PROVE) if os.path.exists(path)]
NN_HEADERS = "gradproof/network.h", "gradproof/train.h", "gradproof/notebook.h"
CC, CXX = os.environ.get("CC") or "cc", os.environ.get("CXX")


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def dynamic(path):
    return output("readelf", "-dW", path)


def runpath(path):
    """None where there is none."""
    found = re.search(r"R(?:UN)?PATH.*\[(.*)\]", dynamic(path))
    return found.group(1).split(":") if found else None


def example_of_the_readme():
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        return re.search(r"```c\n(.*?)```", file.read(), re.S).group(1)


class Built(ProgramTest):
    def exported(self, library, *headers, but=()):
        declared = set()
        for header in headers:
            with open(os.path.join(SOURCE, "include", header), encoding="utf-8") as file:
                declared |= set(re.findall(r"\bGP_API[^;(]*?\b(gp_\w+|gradproof_\w+)\s*\(", file.read()))
        symbols = output("nm", "-D", "--defined-only", library)
        found = {line.split()[-1] for line in symbols.splitlines()} - {"_init", "_fini"}
        self.assertEqual(found, declared - set(but))

    def test_what_is_exported_is_what_is_declared(self):
        headers = ("gradproof.h", "gradproof/maps.h", "gradproof/manifold.h", "gradproof/report.h", "gradproof/experimental.h",
                   "gradproof/chain.h")
        self.exported(LIBRARY, *headers, but=["gradproof_function"])  # the user's
        self.exported(NN, *NN_HEADERS)
        if os.path.exists(MPI):
            self.exported(MPI, "gradproof_mpi.h")
        if os.path.exists(PROVE):
            self.exported(PROVE, "gradproof/prove.h")

    def test_the_checker_brings_no_blas_along(self):
        needed = set(re.findall(r"NEEDED.*\[lib(\w+)", dynamic(LIBRARY)))
        if not SANITIZED:
            self.assertLessEqual(needed, {"c", "m", "jansson", "pthread", "dl"})
        self.assertFalse(needed & {"openblas", "cblas", "sleef", "csv", "mpi", "gradproof_nn"})
        self.assertIn("gradproof", re.findall(r"NEEDED.*\[lib(\w+)", dynamic(NN)))

    def test_no_library_is_looked_for_in_the_current_directory(self):
        """An empty entry of a RUNPATH is the current directory."""
        everything = glob.glob(os.path.join(BUILD, "**", "*.so*"), recursive=True) + BUILT
        self.assertGreater(len(everything), 3)
        for path in everything:
            for folder in runpath(path) or []:
                self.assertTrue(folder.startswith(("/", "$ORIGIN")), f"{path}: '{folder}'")

    def test_nobody_elses_library_is_loaded_from_the_current_directory(self):
        shutil.copy(os.path.join(BUILD, "libmap.so"), self.path("libsleef.so.3"))
        result = run("--version", cwd=self.folder.name)
        self.assertEqual(result.code, 0, result.err)

    def test_hardening(self):
        for path in BUILT:
            self.assertIn("BIND_NOW", dynamic(path), path)
            headers = output("readelf", "-lW", path)
            self.assertIn("GNU_RELRO", headers, path)
            self.assertRegex(headers, r"GNU_STACK.*RW ", path)
        symbols = output("nm", "-D", LIBRARY)
        self.assertIn("__stack_chk_fail", symbols)
        if not SANITIZED and "CMAKE_BUILD_TYPE:STRING=RelWithDebInfo" in self.cache():
            self.assertRegex(symbols, r"U __\w+_chk@")

    def cache(self):
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as file:
            return file.read()


@unittest.skipIf(SANITIZED, "programs outside would need the sanitizers too")
class Installed(ProgramTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.path("prefix")
        # As a component, so that the list of what `make install` has installed stays as it is.
        output("cmake", "--install", BUILD, "--prefix", self.prefix, "--component", "Unspecified")
        self.source = self.path("mine.c", example_of_the_readme())

    def package(self, prefix, *names):
        folder = output("find", prefix, "-name", "pkgconfig").strip()
        words = output("pkg-config", "--cflags", "--libs", *(names or ["gradproof"]),
                       env=dict(os.environ, PKG_CONFIG_PATH=folder))
        return words.split(), os.path.dirname(folder)

    def compile_and_run(self, compiler, *flags):
        program = self.path("mine")
        output(*compiler, self.source, *flags, "-o", program)
        result = run(program=program)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("verified: cubes", result.out)

    def test_the_example_of_the_readme_as_c_and_as_cpp(self):
        flags, libdir = self.package(self.prefix)
        strict = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
                  "-pedantic"]
        self.compile_and_run([CC, "-std=c11", *strict], *flags, "-Wl,-rpath," + libdir)
        self.compile_and_run([CC, "-I" + self.prefix + "/include"], "-L" + libdir, "-lgradproof",
                             "-Wl,-rpath," + libdir)
        if CXX:
            self.compile_and_run([CXX, "-std=c++17", *strict, "-x", "c++"], *flags,
                                 "-Wl,-rpath," + libdir)

    def test_each_library_by_pkg_config_and_each_header_by_itself(self):
        flags, libdir = self.package(self.prefix, "gradproof_nn")
        uses = {"gradproof/network.h": 'printf("%s", gp_activation_string(GP_GELU));',
                "gradproof/train.h": 'printf("%s", gp_payments_column_name(0));',
                "gradproof/notebook.h": 'printf("%g", gp_notebook_sigmoid(0));',
                "gradproof/chain.h": "gp_chain_destroy(NULL);"}
        for header, statement in uses.items():
            source = self.path("part.c", f"#include <{header}>\nint main(void) {{\n{statement}\nreturn 0;\n}}\n")
            wanted = self.package(self.prefix)[0] if header.endswith("chain.h") else flags
            output(CC, "-std=c11", "-Wall", "-Werror", source, *wanted, "-Wl,-rpath," + libdir, "-o", self.path("part"))
            self.assertEqual(run(program=self.path("part")).code, 0, header)
        if os.path.exists(MPI):
            self.assertIn("-lgradproof_mpi", self.package(self.prefix, "gradproof_mpi")[0])
        if os.path.exists(PROVE):
            source = self.path("part.c", "#include <gradproof/prove.h>\nint main(void) {\ngp_proof_destroy(NULL);\nreturn 0;\n}\n")
            flags, libdir = self.package(self.prefix, "gradproof_prove")
            output(CC, "-std=c11", "-Wall", "-Werror", source, *flags, "-Wl,-rpath," + libdir, "-o", self.path("part"))
            self.assertEqual(run(program=self.path("part")).code, 0)

    def test_each_library_by_find_package(self):
        libraries = ["gradproof", "nn"] + [name for name, path in (("mpi", MPI), ("prove", PROVE)) if os.path.exists(path)]
        self.path("part.c", "#include <gradproof.h>\nint main(void) {\nreturn gp_version()[0] != '0';\n}\n")
        self.path("CMakeLists.txt", "cmake_minimum_required(VERSION 3.24)\nproject(mine C)\n"
                  "find_package(gradproof 0.1 REQUIRED)\n" +
                  "".join(f"add_executable(with_{k} part.c)\ntarget_link_libraries(with_{k} PRIVATE gradproof::{k})\n"
                          for k in libraries))
        build = self.path("build")
        output("cmake", "-S", self.folder.name, "-B", build, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + self.prefix)
        output("cmake", "--build", build)
        for library in libraries:
            self.assertEqual(run(program=os.path.join(build, "with_" + library)).code, 0, library)

    def test_the_installation_can_be_moved(self):
        moved = self.path("elsewhere")
        os.rename(self.prefix, moved)
        flags, libdir = self.package(moved)
        self.assertFalse([flag for flag in flags if self.prefix in flag or "/usr" in flag])
        self.compile_and_run([CC], *flags, "-Wl,-rpath," + libdir)
        result = run("check", "notebook:given", "--quiet", program=os.path.join(moved, "bin", "gradproof"))
        self.assertEqual(result.code, 1, result.err)

    def test_nothing_installed_looks_into_the_build_tree(self):
        objects = (glob.glob(os.path.join(self.prefix, "**", "*.so"), recursive=True) +
                   [os.path.join(self.prefix, "bin", "gradproof")])
        self.assertGreater(len(objects), 1)
        for path in objects:
            for folder in runpath(path) or []:
                self.assertFalse(folder.startswith(BUILD) or not folder, path)

    def test_what_to_compile_with_is_said(self):
        said = output(os.path.join(SOURCE, "scripts", "after_install"),
                      os.path.join(BUILD, "install_manifest_Unspecified.txt"))
        command = re.search(r"compile with +(cc mine.c .*)", said).group(1)
        output("sh", "-c", command, cwd=self.folder.name)
        self.assertIn("verified", run(program=self.path("mine")).out)

    def test_add_subdirectory(self):
        self.path("CMakeLists.txt", f"""cmake_minimum_required(VERSION 3.24)
project(mine C)
set(GP_NETWORK OFF CACHE BOOL "")
set(GP_JSON OFF CACHE BOOL "")
set(GP_MPI OFF CACHE BOOL "")
add_subdirectory({SOURCE} gradproof)
add_executable(mine mine.c)
target_link_libraries(mine PRIVATE gradproof::gradproof)
""")
        build = self.path("build")
        output("cmake", "-S", self.folder.name, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug")
        output("cmake", "--build", build)
        self.assertIn("verified", run(program=os.path.join(build, "mine")).out)


if __name__ == "__main__":
    unittest.main()
