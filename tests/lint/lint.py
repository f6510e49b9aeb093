#!/usr/bin/env python3
"""Checks the rules of docs/STYLE.md and docs/architecture.md that a program can
check. Prints one line per finding and ends with 1 if there is any.

    lint.py [--root DIR] [RULE...]      all rules by default
    lint.py --list
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True

import compile_rules
import doc_rules
import layers
import text_rules
from source_tree import SourceTree

RULES = {
    "ascii_only": text_rules.ascii_only,
    "clang_format": compile_rules.clang_format,
    "columns": text_rules.columns,
    "doc_links": doc_rules.links,
    "doc_messages": doc_rules.quoted_messages,
    "executables": text_rules.executables,
    "file_size": text_rules.file_size,
    "header_guards": text_rules.header_guards,
    "include_arrows": layers.include_arrows,
    "internal_headers": layers.internal_headers,
    "libtorch_apart": layers.libtorch_apart,
    "link_arrows": layers.link_arrows,
    "no_postponed_work": text_rules.no_postponed_work,
    "public_headers_alone": compile_rules.public_headers_alone,
    "public_headers_are_plain": layers.public_headers_are_plain,
    "test_names": text_rules.test_names,
    "whitespace": text_rules.whitespace,
}


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--root", default=root)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("rules", nargs="*", metavar="RULE")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(RULES))
        return 0
    unknown = [r for r in arguments.rules if r not in RULES]
    if unknown:
        parser.error(f"{unknown[0]} is not one of {', '.join(RULES)}")
    tree = SourceTree.from_folder(arguments.root)
    return 1 if sum(run(r, tree) for r in arguments.rules or RULES) else 0


def run(rule, tree):
    """Prints the findings of one rule and returns their number."""
    try:
        findings = list(RULES[rule](tree))
    except compile_rules.SkipRule as reason:
        print(f"[  SKIPPED ] {rule}: {reason}")
        return 0
    for finding in findings:
        print(f"{finding} [{rule}]")
    return len(findings)


if __name__ == "__main__":
    sys.exit(main())
