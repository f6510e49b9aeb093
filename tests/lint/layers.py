"""The arrows between the folders (docs/architecture.md), checked on #include
lines and on what CMake targets link."""

import dataclasses
import re

import cmake_text


@dataclasses.dataclass(frozen=True)
class Layer:
    name: str
    folders: tuple  # the longest matching prefix decides
    uses: frozenset  # names of layers
    libraries: frozenset  # outside libraries

    def may_use(self, other):
        return other == self.name or other in self.uses


def _layer(name, folders, uses="", libraries=""):
    return Layer(name, tuple(folders.split()), frozenset(uses.split()),
                 frozenset(libraries.split()))


_BASIC = "std expected"
_EVERYTHING = ("std expected Boost Boost.Graph Ceres CLI11 ICU JSON LibTorch "
               "PostgreSQL Protobuf pybind11 SentencePiece spdlog SQLite TBB "
               "YAML GTest "
               "benchmark")
_ENGINE = ("common search_api search surrogate_interface surrogate "
           "surrogate_mlp surrogate_structured graph sdk host process "
           "synthetic table llama")

LAYERS = (
    _layer("common", "search/common/", "", _BASIC + " Boost"),
    _layer("search_api", "search/api/", "common", _BASIC),
    _layer("surrogate_interface", "surrogate/include/", "common", _BASIC),
    _layer("search", "search/",
           "common search_api surrogate_interface surrogate_structured",
           _BASIC + " Boost TBB"),
    _layer("surrogate", "surrogate/", "common surrogate_interface",
           _BASIC + " Boost Ceres"),
    _layer("surrogate_structured", "surrogate/structured/ surrogate/neural/",
           "common",
           _BASIC + " Ceres"),
    _layer("surrogate_mlp", "surrogate/mlp/",
           "common surrogate_interface surrogate",
           _BASIC + " Boost LibTorch"),
    _layer("graph", "graph/", "common", _BASIC + " Boost Boost.Graph"),
    _layer("sdk", "evaluators/sdk/", "common search_api", _BASIC),
    _layer("template", "evaluators/template/", "common search_api sdk", _BASIC),
    _layer("host", "evaluators/host/", "common search_api sdk process", _BASIC),
    _layer("process", "evaluators/process/", "common search_api proto",
           _BASIC + " Protobuf"),
    _layer("synthetic", "evaluators/synthetic/", "common search_api", _BASIC),
    _layer("table", "evaluators/table/", "common search_api", _BASIC),
    _layer("llama", "evaluators/llama/", "common search_api graph",
           _BASIC + " ICU JSON LibTorch SentencePiece YAML"),
    _layer("proto", "proto/", "", "std Protobuf"),
    _layer("runners", "runners/", _ENGINE + " proto", _EVERYTHING),
    _layer("experiments", "experiments/", _ENGINE, _EVERYTHING),
    _layer("tests", "tests/", _ENGINE + " proto runners experiments",
           _EVERYTHING),
)
_BY_NAME = {layer.name: layer for layer in LAYERS}

# What a header outside belongs to; the first match counts.
_LIBRARY_OF_HEADER = (
    ("LibTorch", r"(ATen|torch|c10|caffe2)/"),
    ("Protobuf", r"google/protobuf/"),
    ("Ceres", r"(ceres|Eigen|glog)/"),
    ("Boost.Graph", r"boost/(graph|pending|property_map)/"),
    ("Boost", r"boost/"),
    ("TBB", r"(tbb|oneapi)/"),
    ("ICU", r"unicode/"),
    ("JSON", r"nlohmann/"),
    ("YAML", r"yaml-cpp/"),
    ("CLI11", r"CLI/"),
    ("spdlog", r"(spdlog|fmt)/"),
    ("SQLite", r"sqlite3\.h$"),
    ("PostgreSQL", r"libpq-fe\.h$"),
    ("SentencePiece", r"sentencepiece"),
    ("pybind11", r"pybind11/"),
    ("expected", r"tl/expected\.hpp$"),
    ("GTest", r"(gtest|gmock)/"),
    ("benchmark", r"benchmark/"),
    ("std", r"(sys/)?[a-z_0-9]+(\.h)?$"),
)
# The same for what targets link.
_LIBRARY_OF_TARGET = (
    ("LibTorch", r"(rankadaptor::torch|rankadaptor_torch|torch_c(pu|10))$"),
    ("Protobuf", r"protobuf::"),
    ("Ceres", r"(Ceres::)?ceres$"),
    ("Boost", r"Boost::"),
    ("TBB", r"TBB::"),
    ("ICU", r"ICU::"),
    ("JSON", r"nlohmann_json::"),
    ("YAML", r"yaml-cpp"),
    ("CLI11", r"CLI11::"),
    ("spdlog", r"spdlog::"),
    ("SQLite", r"SQLite::"),
    ("PostgreSQL", r"PostgreSQL::"),
    ("SentencePiece", r"sentencepiece_"),
    ("expected", r"tl::expected$"),
    ("GTest", r"GTest::"),
    ("benchmark", r"benchmark::"),
    ("std", r"(Threads::|\$\{CMAKE_DL_LIBS\}|rankadaptor_flags$)"),
)
# LibTorch's include folder ships its own, older copies of these.
_CLASHES_WITH_LIBTORCH = {"Protobuf", "pybind11", "spdlog"}


def layer_of(path):
    matches = [(len(folder), layer) for layer in LAYERS
               for folder in layer.folders if path.startswith(folder)]
    return max(matches, key=lambda m: m[0])[1] if matches else None


def _library(table, name):
    return next((lib for lib, form in table if re.match(form, name)), None)


def _target_of_include(tree, name, quoted):
    """(layer name, None), (None, library name) or (None, None) if unknown."""
    if name.startswith("rankadaptor/") and name.endswith(".pb.h"):
        return "proto", None
    path = tree.resolve(name) if quoted else None
    if path:
        layer = layer_of(path)
        return (layer.name if layer else None), None
    return None, _library(_LIBRARY_OF_HEADER, name)


def include_arrows(tree):
    """No file includes what its folder may not use."""
    for path in tree.cpp():
        layer = layer_of(path)
        if layer is None:
            yield f"{path}:1: lies in a folder that layers.py does not know"
            continue
        for number, name, quoted in tree.includes(path):
            used, library = _target_of_include(tree, name, quoted)
            if used is None and library is None:
                yield f"{path}:{number}: {name} is not known to layers.py"
            elif used and not layer.may_use(used):
                yield f"{path}:{number}: {layer.name} must not use {used}"
            elif library and library not in layer.libraries:
                yield f"{path}:{number}: {layer.name} must not use {library}"


def internal_headers(tree):
    """Headers outside include/ are for their own layer and for tests."""
    for path in tree.cpp():
        layer = layer_of(path)
        if layer is None or layer.name == "tests":
            continue
        for number, name, quoted in tree.includes(path):
            included = tree.resolve(name) if quoted else None
            if not included or "/include/rankadaptor/" in included:
                continue
            if layer_of(included) != layer:
                yield f"{path}:{number}: {included} is internal to its folder"


def link_arrows(tree):
    """No target links what its folder may not use."""
    declared = cmake_text.declared_targets(tree)
    for path, line, links in cmake_text.all_links(tree):
        layer = layer_of(path)
        # Tests may link everything, by helper functions of their own too.
        if layer is None or layer.name == "tests":
            continue
        for name in links:
            used, library = _target_of_link(name, declared)
            if used is None and library is None:
                yield f"{path}:{line}: {name} is not known to layers.py"
            elif used and not layer.may_use(used):
                yield f"{path}:{line}: {layer.name} must not link {used}"
            elif library and library not in layer.libraries:
                yield f"{path}:{line}: {layer.name} must not link {library}"


def _target_of_link(name, declared):
    library = _library(_LIBRARY_OF_TARGET, name)
    if library:
        return None, library
    path = declared.get(name.removeprefix("rankadaptor::"))
    layer = layer_of(path) if path else None
    if layer and layer.name == "surrogate" and name.endswith("surrogate"):
        return "surrogate_interface", None
    return (layer.name if layer else None), None


def _libraries_seen(tree, path, seen=None):
    """Libraries that a file sees, through our own headers too."""
    seen = set() if seen is None else seen
    if path in seen:
        return set()
    seen.add(path)
    libraries = set()
    for _, name, quoted in tree.includes(path):
        if name.endswith(".pb.h"):
            libraries.add("Protobuf")
            continue
        included = tree.resolve(name) if quoted else None
        if included:
            libraries |= _libraries_seen(tree, included, seen)
        else:
            libraries.add(_library(_LIBRARY_OF_HEADER, name))
    return libraries - {None}


def public_headers_are_plain(tree):
    """Public headers show the standard library and tl::expected only."""
    for path in tree.public_headers():
        others = _libraries_seen(tree, path) - {"std", "expected"}
        for library in sorted(others):
            yield f"{path}:1: a public header must not show {library}"


def libtorch_apart(tree):
    """No unit sees LibTorch together with what it ships old copies of."""
    precompiled = cmake_text.sources_with_torch_headers(tree)
    for path in tree.cpp():
        libraries = _libraries_seen(tree, path)
        if path in precompiled:
            libraries.add("LibTorch")
        if "LibTorch" not in libraries:
            continue
        for library in sorted(libraries & _CLASHES_WITH_LIBTORCH):
            yield f"{path}:1: sees both LibTorch and {library}"
