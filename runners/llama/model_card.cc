#include "runners/llama/model_card.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "rankadaptor/common/version.h"

#include "runners/report/table.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

using llama::LayerShape;
using llama::LlamaConfig;

std::string Percentage(double fraction) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * fraction);
  return text;
}

// Text from outside in one line of Markdown; Table takes care of bars.
std::string Inline(const std::string& text) {
  std::string safe;
  for (char c : text) {
    if (c == '\n' || c == '\r') c = ' ';
    if (std::string_view("\\`*_{}[]<>#").find(c) != std::string_view::npos) {
      safe += '\\';
    }
    safe += c;
  }
  return safe;
}

// --- What it is --------------------------------------------------------------

std::string FrontMatter(const ModelCard& card) {
  const char* library = card.format == "peft"   ? "peft"
                        : card.format == "gguf" ? "gguf"
                                                : "transformers";
  return std::string("---\nlibrary_name: ") + library +
         "\npipeline_tag: text-generation\ntags:\n- rankadaptor\n" +
         (card.adapter ? "- lora\n" : "") + (card.kept ? "- pruned\n" : "") +
         "---\n\n";
}

std::string WhatItIs(const ModelCard& card) {
  const std::string pruned = card.kept ? "pruned " : "";
  const std::string weights =
      std::string(", weights in ") + llama::DtypeName(card.dtype);
  if (card.format == "peft") {
    return "A LoRA adapter for the " + pruned + "model";
  }
  std::string text = card.kept ? "A pruned model" : "A model";
  if (card.adapter) text += " with its LoRA adapter folded in";
  text += weights;
  if (card.format == "padded" && !HasStockShape(card.config)) {
    text += ", filled up with zeros to one shape that `transformers` loads";
  }
  return text;
}

std::string Introduction(const ModelCard& card) {
  return "# " + Inline(card.base_model) + ", " +
         (card.format == "peft" ? "adapter" : card.format) + "\n\n" +
         WhatItIs(card) + ". Base model: " + Inline(card.base_model) +
         ". Written by RankAdaptor " + kVersion + ".\n";
}

// --- How to load it ----------------------------------------------------------

std::string Code(const std::string& language, const std::string& code) {
  return "```" + language + "\n" + code + "```\n";
}

std::string LoadPeft(const ModelCard& card) {
  if (!HasStockShape(card.config)) {
    return "The adapter belongs to the pruned model, whose shape stock "
           "`transformers` refuses (`rankadaptor export STUDY --format "
           "pruned`):\n\n" +
           Code("sh",
                "rankadaptor eval --model PRUNED --adapter THIS_FOLDER ...\n"
                "rankadaptor export THIS_FOLDER --model PRUNED --format padded "
                "--out DIR\n") +
           "\nThe second command makes a model with the adapter folded in that "
           "stock `transformers` loads.\n";
  }
  return Code("python",
              "from peft import PeftModel\n"
              "from transformers import AutoModelForCausalLM\n\n"
              "base = AutoModelForCausalLM.from_pretrained(\"BASE_MODEL\")\n"
              "model = PeftModel.from_pretrained(base, \"THIS_FOLDER\")\n");
}

std::string LoadGguf() {
  return Code("python",
              "from llama_cpp import Llama\n\n"
              "model = Llama(\"THIS_FOLDER/model.gguf\")\n");
}

std::string LoadFolder(const ModelCard& card) {
  if (card.format == "padded" || HasStockShape(card.config)) {
    return Code("python",
                "from transformers import AutoModelForCausalLM\n\n"
                "model = AutoModelForCausalLM.from_pretrained("
                "\"THIS_FOLDER\")\n");
  }
  const std::string reason =
      IsUniform(card.config)
          ? "The heads do not divide the hidden size"
          : "The layers differ in width (`rankadaptor_layers` in config.json)";
  return reason +
         ", which `rankadaptor` loads as it is. For other programs:\n\n" +
         Code("sh",
              "rankadaptor export THIS_FOLDER --format padded --out DIR  # "
              "transformers\n"
              "rankadaptor export THIS_FOLDER --format gguf --out DIR    # "
              "llama.cpp\n");
}

std::string HowToLoad(const ModelCard& card) {
  return "\n## How to load it\n\n" + (card.format == "peft" ? LoadPeft(card)
                                      : card.format == "gguf"
                                          ? LoadGguf()
                                          : LoadFolder(card));
}

// --- What was pruned ---------------------------------------------------------

// For each layer that is left its index in the dense model.
std::vector<size_t> DenseLayers(const ModelCard& card) {
  std::vector<size_t> layers;
  for (size_t i = 0; i < card.kept->layers.size(); ++i) {
    if (!card.kept->layers[i].kv_heads.empty()) layers.push_back(i);
  }
  return layers;
}

std::string Count(int64_t left,
                  const LayerShape* dense,
                  int64_t LayerShape::*width) {
  std::string text = std::to_string(left);
  if (dense != nullptr) text += " of " + std::to_string(dense->*width);
  return text;
}

Table LayerTable(const ModelCard& card) {
  Table table({"layer",
               "in the dense model",
               "attention heads",
               "key-value heads",
               "MLP channels"});
  const std::vector<size_t> dense_layers = DenseLayers(card);
  for (size_t i = 0; i < card.config.layers.size(); ++i) {
    const size_t origin = i < dense_layers.size() ? dense_layers[i] : i;
    const LayerShape* dense = card.dense && origin < card.dense->layers.size()
                                  ? &card.dense->layers[origin]
                                  : nullptr;
    const LayerShape& left = card.config.layers[i];
    table.AddRow(
        {std::to_string(i),
         std::to_string(origin),
         Count(left.num_heads, dense, &LayerShape::num_heads),
         Count(left.num_kv_heads, dense, &LayerShape::num_kv_heads),
         Count(left.intermediate_size, dense, &LayerShape::intermediate_size)});
  }
  return table;
}

std::string ParameterText(const ModelCard& card) {
  const int64_t after = llama::NumParameters(card.config);
  if (!card.dense)
    return "The model has " + FormatCount(after) + " parameters.";
  const int64_t before = llama::NumParameters(*card.dense);
  return FormatCount(before) + " parameters before, " + FormatCount(after) +
         " after: " +
         Percentage(1 -
                    static_cast<double>(after) / static_cast<double>(before)) +
         " of all parameters are gone.";
}

std::string WhatWasPruned(const ModelCard& card) {
  if (!card.kept) return "";
  std::string text = "\n## What was pruned\n\n" + ParameterText(card) + "\n\n" +
                     LayerTable(card).Markdown();
  if (card.format == "peft") return text;
  return text +
         "\n`kept_indices.json` has the indices of what is left, counted in "
         "the dense model.\n";
}

// --- Ranks -------------------------------------------------------------------

std::string Ranks(const ModelCard& card) {
  if (!card.adapter) return "";
  std::string text = "\n## LoRA ranks\n\n";
  for (size_t i = 0; i < card.adapter->ranks.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(card.adapter->ranks[i]);
  }
  text += " (layer 0 to " + std::to_string(card.adapter->ranks.size() - 1) +
          "; 0: not adapted), " + FormatCount(card.adapter->num_parameters) +
          " parameters trained.\n";
  if (card.adapter->uniform_rank) {
    text += "\nAll modules are padded with zeros to rank " +
            std::to_string(*card.adapter->uniform_rank) +
            "; the function is the same.\n";
  }
  return text;
}

// --- Scores ------------------------------------------------------------------

// "0.4800 to 0.5200"; "-" for one measurement.
template <typename Format>
std::string Interval(const SampleStatistics& sample, Format format) {
  if (!sample.margin) return "-";
  return format(*sample.mean - *sample.margin) + " to " +
         format(*sample.mean + *sample.margin);
}

Table ScoreTable(const CardStudy& study) {
  const std::string level =
      std::to_string(std::lround(100 * kConfidenceLevel)) + " % confidence";
  std::vector<std::string> header = {
      "", study.objective.name, level, "seeds", "difference", level};
  const auto widest = std::ranges::max_element(
      study.rows, {}, [](const ReportRow& row) { return row.metrics.size(); });
  for (const Metric& metric : widest->metrics) {
    header.push_back(Inline(metric.name));
  }
  Table table(header);
  for (size_t i = 0; i < study.rows.size(); ++i) {
    const ReportRow& row = study.rows[i];
    const SampleStatistics difference =
        row.difference.value_or(SampleStatistics{});
    std::vector<std::string> cells = {
        Inline(row.label) + (study.exported_row == i ? " (this one)" : ""),
        FormatScore(row.objective.mean),
        Interval(row.objective, [](double x) { return FormatScore(x); }),
        std::to_string(row.objective.num_samples),
        FormatDifference(difference.mean),
        Interval(difference, [](double x) { return FormatDifference(x); })};
    for (size_t m = 0; m < widest->metrics.size(); ++m) {
      cells.push_back(m < row.metrics.size() ? FormatScore(row.metrics[m].value)
                                             : "-");
    }
    table.AddRow(std::move(cells));
  }
  return table;
}

std::string Scores(const CardStudy& study) {
  std::string text = "\n## Scores\n\n";
  const std::string direction =
      study.objective.minimised ? "lower is better" : "higher is better";
  if (study.rows.empty()) {
    return text + "The study has confirmed nothing yet. In the search, once: " +
           Inline(study.objective.name) + " " +
           FormatScore(study.objective.Shown(study.measurement.objective)) +
           " (" + direction +
           "). One measurement that was chosen among many "
           "is optimistic.\n";
  }
  text += "Objective: " + Inline(study.objective.name) + ", " + direction +
          ". Means over seeds that did not drive the search, on items that did "
          "not either where the study sets some apart; the difference is to "
          "the first row, paired by seed. Measured before the export, in the "
          "study's number format.\n\n" +
          ScoreTable(study).Markdown();
  if (!study.exported_row) {
    text += "\nTrial " + std::to_string(study.trial) +
            " is none of these; in "
            "the search, once: " +
            FormatScore(study.objective.Shown(study.measurement.objective)) +
            ".\n";
  }
  return text;
}

// --- How it was made ---------------------------------------------------------

std::string Provenance(const CardStudy& study) {
  std::string text =
      "\n## How it was made\n\n- trial " + std::to_string(study.trial) +
      (study.chosen_as_best ? ", the study's best" : "") +
      "\n- seed of the study " + std::to_string(study.study_seed) +
      ", of the trial " + std::to_string(study.trial_seed) + "\n- evaluator " +
      Inline(study.evaluator) + ", RankAdaptor " + kVersion + "\n";
  for (const auto& [what, which] : study.data) {
    text += "- " + Inline(what) + ": " + Inline(which) + "\n";
  }
  return text + "\nThe configuration of the study:\n\n" +
         Code("json", study.config + "\n");
}

}  // namespace

std::string FormatModelCard(const ModelCard& card) {
  std::string text = FrontMatter(card) + Introduction(card) + HowToLoad(card) +
                     WhatWasPruned(card) + Ranks(card);
  if (card.study) text += Scores(*card.study) + Provenance(*card.study);
  return text;
}

}  // namespace rankadaptor::runners
