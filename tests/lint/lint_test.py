#!/usr/bin/env python3
"""Each rule lets good text pass and catches a bad snippet."""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import compile_rules
import doc_rules
import layers
import text_rules
from source_tree import SourceTree

GUARDED = """#ifndef RANKADAPTOR_{0}_H_
#define RANKADAPTOR_{0}_H_
{1}
#endif  // RANKADAPTOR_{0}_H_
"""
STUDY = "search/include/rankadaptor/search/study.h"
MODEL = "evaluators/llama/include/rankadaptor/llama/model.h"
TENSORS = "evaluators/llama/model/tensors.h"
OURS = {
    STUDY: GUARDED.format("SEARCH_STUDY", "#include <vector>"),
    MODEL: GUARDED.format("LLAMA_MODEL", "#include <memory>"),
    TENSORS: GUARDED.format("LLAMA_MODEL_TENSORS", "#include <ATen/ATen.h>"),
    "surrogate/include/rankadaptor/surrogate/performance_model.h":
        GUARDED.format("SURROGATE_PERFORMANCE_MODEL", "#include <span>"),
    "surrogate/mlp/include/rankadaptor/surrogate/mlp_model.h":
        GUARDED.format("SURROGATE_MLP_MODEL", "#include <span>"),
    "runners/command.h": GUARDED.format("RUNNERS_COMMAND", ""),
}


class RuleTest(unittest.TestCase):

    def good(self, rule, files, executables=()):
        tree = SourceTree({**OURS, **files}, executables)
        self.assertEqual(list(rule(tree)), [])

    def bad(self, rule, path, text, expected, executables=()):
        """Exactly one finding, in `path`, that says `expected`."""
        findings = list(rule(SourceTree({**OURS, path: text}, executables)))
        self.assertEqual(len(findings), 1, findings)
        self.assertTrue(findings[0].startswith(path + ":"), findings)
        self.assertIn(expected, findings[0])


class DocRules(RuleTest):

    def test_quoted_messages(self):
        rule = doc_rules.quoted_messages
        page = "docs/troubleshooting.md"
        source = {"runners/a.cc": 'return Bad(name + ": is "\n  "gone; look");'}
        self.good(rule, {**source, page: "**`...: is gone; look`** Do so."})
        tree = SourceTree({**source, page: "\n**`...: is lost`** Do so."})
        self.assertEqual(list(rule(tree)), [
            f"{page}:2: quotes ': is lost', which no source says"])

    def test_links(self):
        rule = doc_rules.links
        self.good(rule, {"docs/a.md": "# What is\n[a](#what-is) [b](http://b)"})
        self.bad(rule, "docs/a.md", "# What is\n[a](#was)\n", "no such heading")


class TextRules(RuleTest):

    def test_header_guards(self):
        rule = text_rules.header_guards
        self.good(rule, {})
        self.bad(rule, "graph/src/a.h", "#pragma once\n", "RANKADAPTOR_GRAPH")
        self.bad(rule, "graph/src/a.h", GUARDED.format("GRAPH_B", ""), "_A_H_")
        self.bad(rule, "graph/src/a.h",
                 GUARDED.format("GRAPH_A", "").replace("  // RANK", " // RANK"),
                 "#endif")

    def test_two_headers_with_one_guard(self):
        tree = SourceTree({"graph/src/a/b.h": GUARDED.format("GRAPH_A_B", ""),
                           "graph/src/a_b.h": GUARDED.format("GRAPH_A_B", "")})
        findings = list(text_rules.header_guards(tree))
        self.assertEqual(len(findings), 1)
        self.assertIn("shares its guard", findings[0])

    def test_ascii_only(self):
        self.good(text_rules.ascii_only, {"README.md": "\u00fc\n"})
        self.bad(text_rules.ascii_only, "graph/a.cc", "// \u00fc\n", "ASCII")

    def test_no_postponed_work(self):
        rule = text_rules.no_postponed_work
        self.good(rule, {"graph/a.cc": "int kTodos = 1;\n"})
        self.bad(rule, "graph/a.cc", "// TO" "DO: later\n", "later")
        self.bad(rule, "graph/CMakeLists.txt", "# FIX" "ME\n", "later")

    def test_columns(self):
        rule = text_rules.columns
        self.good(rule, {"graph/a.cc": "x" * 80 + "\n"})
        self.good(rule, {"graph/a.cc": "// https://" + "x" * 80 + "\n"})
        self.bad(rule, "graph/a.cc", "x" * 81 + "\n", "81 columns")
        self.bad(rule, "tool", "#!/bin/sh\n" + "x" * 81 + "\n", ":2: has 81")

    def test_whitespace(self):
        rule = text_rules.whitespace
        self.good(rule, {"graph/a.cc": "int a;\n"})
        self.bad(rule, "graph/a.cc", "int a; \n", "blank")
        self.bad(rule, "graph/a.cc", "\tint a;\n", "tab")
        self.bad(rule, "graph/a.cc", "int a;", "newline")

    def test_file_size(self):
        self.good(text_rules.file_size, {"graph/a.cc": "\n" * 500})
        self.bad(text_rules.file_size, "graph/a.cc", "\n" * 501, "501 lines")

    def test_executables(self):
        rule = text_rules.executables
        self.good(rule, {"tool": "#!/bin/sh\n"}, ["tool"])
        self.bad(rule, "tool", "#!/bin/sh\n", "not executable")
        self.bad(rule, "graph/a.cc", "\n", "without", ["graph/a.cc"])

    def test_test_names(self):
        rule = text_rules.test_names
        self.good(rule, {"tests/unit/a/b_test.cc": "",
                         "tests/unit/a/CMakeLists.txt": "SOURCES b_test.cc"})
        self.bad(rule, "tests/unit/a/b_test.cc", "", "CMakeLists.txt")


class IncludeRules(RuleTest):

    def test_include_arrows(self):
        rule = layers.include_arrows
        self.good(rule, {
            "search/src/a.cc": '#include "rankadaptor/search/study.h"\n'
                               '#include "rankadaptor/surrogate/'
                               'performance_model.h"\n'
                               "#include <tbb/parallel_for.h>\n",
            "runners/a.cc": '#include "rankadaptor/llama/model.h"\n'
                            '#include "rankadaptor/v1/search.pb.h"\n',
        })
        for path, line, expected in (
            ("search/src/a.cc", "<ATen/ATen.h>", "must not use LibTorch"),
            ("search/src/a.cc", "<ceres/ceres.h>", "must not use Ceres"),
            ("search/src/a.cc", '"rankadaptor/surrogate/mlp_model.h"',
             "must not use surrogate_mlp"),
            ("search/src/a.cc", '"rankadaptor/llama/model.h"',
             "must not use llama"),
            ("surrogate/src/a.cc", "<torch/torch.h>", "must not use LibTorch"),
            ("graph/src/a.cc", "<ATen/ATen.h>", "graph must not use LibTorch"),
            ("evaluators/llama/a.cc", '"rankadaptor/search/study.h"',
             "llama must not use search"),
            ("evaluators/llama/a.cc", '"runners/command.h"',
             "must not use runners"),
            ("experiments/gpu/a.cc", '"runners/command.h"',
             "must not use runners"),
            ("graph/src/a.cc", "<zlib/zlib.h>", "not known"),
            ("elsewhere/a.cc", "<vector>", "folder"),
        ):
            with self.subTest(path=path, line=line):
                self.bad(rule, path, f"#include {line}\n", expected)

    def test_internal_headers(self):
        rule = layers.internal_headers
        line = f'#include "{TENSORS}"\n'
        self.good(rule, {"evaluators/llama/training/a.cc": line,
                         "tests/unit/a_test.cc": line})
        self.bad(rule, "runners/a.cc", line, "internal")

    def test_public_headers_are_plain(self):
        rule = layers.public_headers_are_plain
        self.good(rule, {})
        path = "graph/include/rankadaptor/graph/a.h"
        self.bad(rule, path, "#include <boost/graph/graph.hpp>\n",
                 "Boost.Graph")
        self.bad(rule, path, f'#include "{TENSORS}"\n', "LibTorch")

    def test_libtorch_apart(self):
        rule = layers.libtorch_apart
        mixed = f'#include "{TENSORS}"\n#include <google/protobuf/message.h>\n'
        self.bad(rule, "tests/unit/a.cc", mixed, "LibTorch and Protobuf")
        self.bad(rule, "runners/a.cc",
                 f'#include "{TENSORS}"\n#include "rankadaptor/v1/a.pb.h"\n',
                 "Protobuf")
        self.bad(rule, "runners/a.cc",
                 "#include <ATen/ATen.h>\n#include <spdlog/spdlog.h>\n",
                 "spdlog")

    def test_libtorch_apart_sees_precompiled_headers(self):
        files = {"runners/CMakeLists.txt":
                 "rankadaptor_library(x SOURCES a.cc)\n"
                 "rankadaptor_reuse_torch_headers(x)\n"}
        source = '#include "rankadaptor/v1/a.pb.h"\n'
        findings = list(layers.libtorch_apart(
            SourceTree({**files, "runners/a.cc": source})))
        self.assertEqual(len(findings), 1)


class LinkRules(RuleTest):
    TARGETS = {
        "surrogate/CMakeLists.txt": "rankadaptor_library(surrogate)\n",
        "surrogate/mlp/CMakeLists.txt":
            "rankadaptor_library(surrogate_mlp PRIVATE rankadaptor::torch)\n",
        "runners/CMakeLists.txt": "rankadaptor_library(runners_config)\n",
    }

    def test_link_arrows(self):
        self.good(layers.link_arrows, {
            **self.TARGETS,
            "search/CMakeLists.txt":
                "rankadaptor_library(search SOURCES a.cc\n"
                "  PUBLIC rankadaptor::surrogate PRIVATE TBB::tbb)  # ATen\n",
        })
        for path, text, expected in (
            ("search/CMakeLists.txt",
             "rankadaptor_library(s PUBLIC rankadaptor::surrogate_mlp)",
             "must not link surrogate_mlp"),
            ("search/CMakeLists.txt",
             "target_link_libraries(s PRIVATE Ceres::ceres)",
             "must not link Ceres"),
            ("graph/CMakeLists.txt",
             "rankadaptor_library(graph SOURCES a.cc PRIVATE torch_cpu)",
             "graph must not link LibTorch"),
            ("evaluators/llama/CMakeLists.txt",
             "rankadaptor_llama_library(l PUBLIC rankadaptor::runners_config)",
             "must not link runners"),
            ("graph/CMakeLists.txt", "target_link_libraries(g PUBLIC zlib)",
             "not known"),
        ):
            with self.subTest(text=text):
                tree = SourceTree({**self.TARGETS, path: text})
                findings = list(layers.link_arrows(tree))
                self.assertEqual(len(findings), 1, findings)
                self.assertIn(expected, findings[0])


class CompileRules(unittest.TestCase):

    def tree(self, path, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        full = os.path.join(folder.name, path)
        os.makedirs(os.path.dirname(full))
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        with open(os.path.join(folder.name, ".clang-format"), "w",
                  encoding="utf-8") as file:
            file.write("BasedOnStyle: Google\n")
        return SourceTree.from_folder(folder.name)

    @unittest.skipUnless(shutil.which(compile_rules.CLANG_FORMAT),
                         "clang-format is not installed")
    def test_clang_format(self):
        rule = compile_rules.clang_format
        self.assertEqual(list(rule(self.tree("graph/a.cc", "int a;\n"))), [])
        findings = list(rule(self.tree("graph/a.cc", "int   a;\nint  b;\n")))
        self.assertEqual(len(findings), 1)

    def test_public_headers_alone(self):
        rule = compile_rules.public_headers_alone
        path = "graph/include/rankadaptor/graph/a.h"
        good = GUARDED.format("GRAPH_A", "inline int one() { return 1; }")
        self.assertEqual(list(rule(self.tree(path, good))), [])
        unguarded = "inline int one() { return 1; }\n"
        self.assertEqual(len(list(rule(self.tree(path, unguarded)))), 1)
        forgotten = GUARDED.format("GRAPH_A", "std::string name();")
        findings = list(rule(self.tree(path, forgotten)))
        self.assertEqual(len(findings), 1)
        self.assertIn("std", findings[0])


if __name__ == "__main__":
    unittest.main()
