#include "runners/llama/pruning_report.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "runners/report/table.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

constexpr int64_t kLatencyTokens = 128;
constexpr int kMaxPasses = 9;
constexpr double kMaxSeconds = 10;  // for passes beyond the first of each

std::string Format(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Result<double> SecondsOfPass(const llama::Model& model,
                             const std::vector<int32_t>& ids) {
  const auto start = std::chrono::steady_clock::now();
  RA_RETURN_IF_ERROR(model.TokenNlls(ids));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::vector<int32_t> SomeIds(const llama::LlamaConfig& config) {
  std::vector<int32_t> ids(static_cast<size_t>(
      std::min(kLatencyTokens, config.max_position_embeddings)));
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int32_t>(i % static_cast<size_t>(config.vocab_size));
  }
  return ids;
}

}  // namespace

std::string ParametersKept(const llama::LlamaConfig& before,
                           const llama::LlamaConfig& after) {
  const int64_t all = llama::NumParameters(before);
  const int64_t kept = llama::NumParameters(after);
  return FormatCount(kept) + " of " + FormatCount(all) + " parameters kept (" +
         Format("%.2f",
                100 * static_cast<double>(kept) / static_cast<double>(all)) +
         " %)";
}

std::string ShapesText(const llama::LlamaConfig& before,
                       const llama::LlamaConfig& after,
                       const std::vector<int>& kept_layers) {
  const bool renumbered = before.num_layers() != after.num_layers();
  std::vector<std::string> header = {
      "layer", "heads", "kv heads", "mlp channels"};
  if (renumbered) header.emplace_back("was layer");
  Table table(std::move(header));
  for (size_t i = 0; i < after.layers.size(); ++i) {
    const llama::LayerShape& shape = after.layers[i];
    std::vector<std::string> row = {std::to_string(i),
                                    std::to_string(shape.num_heads),
                                    std::to_string(shape.num_kv_heads),
                                    std::to_string(shape.intermediate_size)};
    if (renumbered) {
      row.push_back(kept_layers.empty() ? "?" : std::to_string(kept_layers[i]));
    }
    table.AddRow(std::move(row));
  }
  return table.Text() + ParametersKept(before, after) + "\n";
}

std::string DetailsText(const llama::PruneResult& result) {
  std::string text;
  for (const llama::SkippedPart& skipped : result.report.skipped) {
    text += "layer " + std::to_string(skipped.layer) + " keeps its " +
            skipped.part + ": " + skipped.reason + "\n";
  }
  if (result.report.terms) {
    text += "Taylor terms summed over the weights in range: first order " +
            Format("%.4g", result.report.terms->first_order) +
            ", second order " +
            Format("%.4g", result.report.terms->second_order) + "\n";
  }
  if (!result.block_order.empty()) {
    text += "layers from the least to the most important:";
    for (int block : result.block_order) text += " " + std::to_string(block);
    text += "\n";
  }
  return text;
}

Result<std::string> LatencyText(const llama::Model& before,
                                const llama::Model& after) {
  const std::vector<int32_t> ids = SomeIds(before.config());
  std::vector<double> seconds_before;
  std::vector<double> seconds_after;
  double total = 0;
  RA_RETURN_IF_ERROR(SecondsOfPass(before, ids));  // warms up
  RA_RETURN_IF_ERROR(SecondsOfPass(after, ids));
  while (seconds_before.empty() ||
         (total < kMaxSeconds && std::ssize(seconds_before) < kMaxPasses)) {
    RA_ASSIGN_OR_RETURN(const double dense, SecondsOfPass(before, ids));
    RA_ASSIGN_OR_RETURN(const double pruned, SecondsOfPass(after, ids));
    seconds_before.push_back(dense);
    seconds_after.push_back(pruned);
    total += dense + pruned;
  }
  const double dense = Median(std::move(seconds_before));
  const size_t passes = seconds_after.size();
  const double pruned = Median(std::move(seconds_after));
  return "a forward pass of " + std::to_string(ids.size()) +
         " tokens: " + Format("%.2f ms before, ", 1e3 * dense) +
         Format("%.2f ms after, ", 1e3 * pruned) +
         Format("%.2f times as fast", dense / pruned) + " (median of " +
         std::to_string(passes) + " in turn, on this machine)\n";
}

}  // namespace rankadaptor::runners
