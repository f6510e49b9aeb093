"""Rules that start a program: clang-format, the compiler."""

import concurrent.futures
import os
import shutil
import subprocess

import layers

CLANG_FORMAT = "clang-format-14"  # other versions format differently


class SkipRule(Exception):
    """The program that the rule needs is not there."""


def clang_format(tree):
    if not shutil.which(CLANG_FORMAT):
        raise SkipRule(f"{CLANG_FORMAT} is not installed")
    paths = tree.cpp()
    if not paths:
        return
    result = subprocess.run(
        [CLANG_FORMAT, "--dry-run", "--Werror", "--style=file", *paths],
        cwd=tree.root, stderr=subprocess.PIPE, text=True, check=False)
    files = {line.split(":")[0] for line in result.stderr.splitlines()
             if ": error:" in line}
    for path in sorted(files):
        yield f"{path}:1: run {CLANG_FORMAT} -i on it"


def public_headers_alone(tree):
    """Each public header compiles first in a unit, twice, with no more include
    folders than its layer may use."""
    compiler = os.environ.get("CXX") or shutil.which("c++")
    if not compiler:
        raise SkipRule("there is no C++ compiler")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda path: _compile(tree, compiler, path),
                           tree.public_headers())
    for path, message in results:
        if message:
            yield f"{path}:1: does not compile alone: {message}"


def _compile(tree, compiler, path):
    name = path.split("/include/")[-1]
    layer = layers.layer_of(path)
    roots = [f"-I{root}" for root in tree.include_roots()
             if layer.may_use(layers.layer_of(root + "/").name)]
    result = subprocess.run(
        [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Werror", *roots,
         "-x", "c++", "-"],
        input=f'#include "{name}"\n#include "{name}"\n', cwd=tree.root,
        stderr=subprocess.PIPE, text=True, check=False)
    errors = [l for l in result.stderr.splitlines() if "error:" in l]
    return path, (errors + [result.stderr])[0] if result.returncode else ""
