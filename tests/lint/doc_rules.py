"""Rules on what the documentation says of the code."""

import os
import posixpath
import re

TROUBLESHOOTING = "docs/troubleshooting.md"


def quoted_messages(tree):
    """Each message in bold code of docs/troubleshooting.md is one of the
    program's; '...' stands for what differs."""
    text = tree.files.get(TROUBLESHOOTING)
    if text is None:
        return
    literals = _literals(tree)
    for match in re.finditer(r"\*\*`(.+?)`", text, re.DOTALL):
        message = " ".join(match[1].split())
        number = text.count("\n", 0, match.start()) + 1
        for part in message.split("..."):
            if part.strip() and part.strip() not in literals:
                yield (f"{TROUBLESHOOTING}:{number}: quotes "
                       f"'{part.strip()}', which no source says")


def _literals(tree):
    """What C++ sources say between quotes, neighbours joined, one a line."""
    texts = []
    for path in tree.cpp():
        if path.startswith("tests/"):
            continue
        joined = re.sub(r'"\s*\n\s*"', "", tree.files[path])
        texts += re.findall(r'"((?:[^"\\\n]|\\.)*)"', joined)
    return "\n".join(texts).replace('\\"', '"')


def links(tree):
    """Links between pages lead to a file, and to a heading of it."""
    for path in tree.files:
        if not path.endswith(".md"):
            continue
        text = re.sub(r"```.*?```", "", tree.files[path], flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target or target.startswith("mailto:"):
                continue
            yield from _broken(tree, path, target)


def _broken(tree, path, target):
    name, _, anchor = target.partition("#")
    page = posixpath.normpath(
        posixpath.join(posixpath.dirname(path), name)) if name else path
    if tree.root is not None and not os.path.exists(
            os.path.join(tree.root, page)):
        yield f"{path}:1: links to {target}, which is not there"
    elif anchor and page in tree.files and anchor not in _anchors(
            tree.files[page]):
        yield f"{path}:1: links to {target}: no such heading"


def _anchors(text):
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-")
            for h in headings}
