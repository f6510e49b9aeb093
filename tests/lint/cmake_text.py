"""Reads the few CMake commands by which this project declares targets."""

import posixpath
import re

_LIBRARY = ("rankadaptor_library", "rankadaptor_llama_library", "add_library")
_EXECUTABLE = ("rankadaptor_executable", "rankadaptor_test", "add_executable")
_TORCH_HEADERS = ("rankadaptor_reuse_torch_headers",)
_LINK_WORDS = {"PUBLIC", "PRIVATE", "INTERFACE", "LINKS"}
_OTHER_WORDS = {"SOURCES", "LABELS", "TIMEOUT", "STATIC", "SHARED", "OBJECT",
                "IMPORTED", "ALIAS", "TORCH_HEADERS", "COMPONENT"}


def commands(text):
    """Yields (line, command name, [argument words]); comments left out."""
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(r"([A-Za-z_]\w*)\s*\(", text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        line = text.count("\n", 0, match.start()) + 1
        yield line, match[1], text[match.end():end - 1].split()


def declared_targets(tree):
    """The CMakeLists.txt of each target."""
    return {words[0]: path
            for path in tree.cmake()
            for _, name, words in commands(tree.files[path])
            if name in _LIBRARY + _EXECUTABLE and words}


def all_links(tree):
    """Yields (path, line, [linked names]) for every command that links."""
    linking = _LIBRARY + _EXECUTABLE + ("target_link_libraries",)
    for path in tree.cmake():
        for line, name, words in commands(tree.files[path]):
            if name not in linking or not words or "ALIAS" in words:
                continue
            links = _words_after(words[1:], _LINK_WORDS)
            # Names given by a variable are checked where they are written.
            links = [w for w in links if not w.startswith(("${ARG", "-", "$<"))]
            if links:
                yield path, line, links


def sources_with_torch_headers(tree):
    """Sources of targets that use the precompiled ATen headers."""
    found = set()
    for path in tree.cmake():
        parsed = list(commands(tree.files[path]))
        targets = {words[0] for _, name, words in parsed
                   if name in _TORCH_HEADERS and words}
        for _, name, words in parsed:
            if name in _LIBRARY + _EXECUTABLE and words and words[0] in targets:
                found |= {posixpath.normpath(
                    posixpath.join(posixpath.dirname(path), w))
                          for w in words if w.endswith(".cc")}
    return found


def _words_after(words, keywords):
    found, taking = [], False
    for word in words:
        if word in _LINK_WORDS | _OTHER_WORDS:
            taking = word in keywords
        elif taking:
            found.append(word)
    return found
