"""The files that the lint rules look at: path, text, executable or not."""

import os
import posixpath
import re

_SKIPPED_FOLDERS = {"build", ".git", ".cache", "__pycache__"}
_CODE_SUFFIXES = (".cc", ".h", ".h.in", ".py", ".cmake", ".proto", ".sh")


class SourceTree:
    """Text files by path relative to the root, '/' between the parts."""

    def __init__(self, files, executables=(), root=None):
        self.files = dict(sorted(files.items()))
        self.executables = set(executables)
        self.root = root  # None: there is nothing on disk

    @classmethod
    def from_folder(cls, root):
        files, executables = {}, set()
        for folder, names, file_names in os.walk(root):
            names[:] = [n for n in names if n not in _SKIPPED_FOLDERS]
            for name in file_names:
                full = os.path.join(folder, name)
                path = os.path.relpath(full, root).replace(os.sep, "/")
                text = _read_text(full)
                if text is None:
                    continue
                files[path] = text
                if os.access(full, os.X_OK):
                    executables.add(path)
        return cls(files, executables, root)

    def cpp(self):
        return [p for p in self.files if p.endswith((".cc", ".h"))]

    def headers(self):
        return [p for p in self.files if p.endswith(".h")]

    def public_headers(self):
        return [p for p in self.headers() if "/include/rankadaptor/" in p]

    def cmake(self):
        return [p for p in self.files
                if p.endswith(".cmake") or
                posixpath.basename(p) == "CMakeLists.txt"]

    def code(self):
        """Everything that people write as code, scripts included; not what
        protoc writes."""
        cmake = set(self.cmake())
        return [p for p, text in self.files.items()
                if (p.endswith(_CODE_SUFFIXES) or p in cmake or
                    text.startswith("#!")) and not p.endswith("_pb2.py")]

    def include_roots(self):
        """Folders named include/ that hold public headers."""
        roots = {p.split("/include/rankadaptor/")[0] + "/include"
                 for p in self.files if "/include/rankadaptor/" in p}
        return sorted(roots)

    def includes(self, path):
        """[(line number, included name, quoted)] of a C++ file."""
        found = []
        for number, line in enumerate(self.files[path].split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                found.append((number, match[2], match[1] == '"'))
        return found

    def resolve(self, name):
        """The file of ours that `#include "name"` means, or None."""
        for candidate in [name] + [f"{r}/{name}" for r in self.include_roots()]:
            for path in (candidate, candidate + ".in"):
                if path in self.files:
                    return path
        return None


def _read_text(path):
    """None for what is not text: lint has nothing to say about it."""
    if os.path.islink(path) or os.path.getsize(path) > 1 << 20:
        return None
    with open(path, "rb") as file:
        data = file.read()
    if b"\0" in data:
        return None
    return data.decode("utf-8", errors="surrogateescape")
