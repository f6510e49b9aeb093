"""Rules on the text of single files. Each yields 'path:line: what is wrong'."""

import posixpath
import re

MAX_COLUMNS = 80
MAX_LINES = 500


def header_guards(tree):
    """Every header has the guard that its path says, and no two share one."""
    owners = {}
    for path in tree.headers():
        match = re.search(r"^#ifndef (\w+)\n#define (\w+)\n",
                          tree.files[path], re.MULTILINE)
        allowed = _guards(path)
        if not match or match[1] != match[2] or match[1] not in allowed:
            yield f"{path}:1: wants the header guard {allowed[0]}"
        elif match[1] in owners:
            yield f"{path}:1: shares its guard with {owners[match[1]]}"
        elif not tree.files[path].endswith(f"\n#endif  // {match[1]}\n"):
            yield f"{path}:1: does not end with '#endif  // {match[1]}'"
        else:
            owners[match[1]] = path


def _guards(path):
    """The full path; 'evaluators' and 'src' may be left out."""
    public = path.split("/include/rankadaptor/")
    parts = public[-1].split("/")
    short = [p for p in parts if p not in ("evaluators", "src")]
    return ["RANKADAPTOR_" + re.sub(r"\W", "_", "_".join(p)).upper() + "_"
            for p in (parts, short)]


def ascii_only(tree):
    for path in tree.code():
        for number, line in _lines(tree, path):
            if not line.isascii():
                yield f"{path}:{number}: has characters other than ASCII"


def no_postponed_work(tree):
    words = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "XX" "X")) +
                       r")\b")
    for path in tree.code():
        for number, line in _lines(tree, path):
            if words.search(line):
                yield f"{path}:{number}: leaves work for later"


def columns(tree):
    for path in tree.code():
        for number, line in _lines(tree, path):
            unbreakable = "://" in line or "#include" in line
            if len(line) > MAX_COLUMNS and not unbreakable:
                yield (f"{path}:{number}: has {len(line)} columns, "
                       f"{MAX_COLUMNS} are allowed")


def whitespace(tree):
    for path in tree.code():
        for number, line in _lines(tree, path):
            if line != line.rstrip() or "\t" in line or "\r" in line:
                yield f"{path}:{number}: has a tab or ends with a blank"
        if not tree.files[path].endswith("\n"):
            yield f"{path}:1: does not end with a newline"


def file_size(tree):
    for path in tree.code():
        count = tree.files[path].count("\n")
        if count > MAX_LINES:
            yield (f"{path}:1: has {count} lines, {MAX_LINES} are allowed: "
                   "look for the second responsibility")


def executables(tree):
    """What starts with #! can be started, and nothing else can."""
    for path, text in tree.files.items():
        if text.startswith("#!") != (path in tree.executables):
            yield (f"{path}:1: is executable without a #! line"
                   if path in tree.executables else
                   f"{path}:1: has a #! line but is not executable")


def test_names(tree):
    """A test file that no CMakeLists.txt names would never run."""
    for path in tree.cpp():
        if not path.startswith("tests/") or not path.endswith("_test.cc"):
            continue
        folder, name = posixpath.split(path)
        if name not in tree.files.get(f"{folder}/CMakeLists.txt", ""):
            yield f"{path}:1: is not in {folder}/CMakeLists.txt"


def _lines(tree, path):
    return enumerate(tree.files[path].split("\n"), 1)
