#include "evaluators/llama/pruning/removal_counts.h"

#include <algorithm>

namespace rankadaptor::llama::internal {
namespace {

// Truncates in double arithmetic, as the reference does.
int64_t NumKept(int64_t original, double ratio) {
  return static_cast<int64_t>(static_cast<double>(original) * (1.0 - ratio));
}

int64_t RoundedToMultiple(int64_t kept, int64_t multiple, int64_t size) {
  if (multiple <= 1) return kept;
  const int64_t nearest = (kept + multiple / 2) / multiple * multiple;
  return std::min(std::max(nearest, multiple), size);
}

// Unless the part would be gone or nothing would change.
PartCount Checked(int64_t removed,
                  int64_t size,
                  double ratio,
                  const std::string& unit,
                  bool layers_compete = false) {
  const std::string total = std::to_string(size) + " " + unit;
  if (removed <= 0) {
    return {.num_removed = 0,
            .skip_reason =
                layers_compete
                    ? "none of its " + total + " is among the lowest scores"
                    : "ratio " + std::to_string(ratio) + " of " + total +
                          " is less than one"};
  }
  if (removed >= size) {
    return {.num_removed = 0,
            .skip_reason =
                "ratio " + std::to_string(ratio) + " would remove all " + total,
            .all_would_go = true};
  }
  return {.num_removed = removed, .skip_reason = ""};
}

PartCount MlpCount(int64_t kept,
                   int64_t size,
                   double ratio,
                   const WidthPruneOptions& options) {
  const int64_t rounded =
      RoundedToMultiple(kept, options.channel_multiple, size);
  PartCount count = Checked(size - rounded,
                            size,
                            ratio,
                            "channels",
                            options.scope == PruneScope::kGlobal);
  if (rounded == size && kept < size) {
    count.skip_reason = std::to_string(kept) + " of " + std::to_string(size) +
                        " channels, rounded to a multiple of " +
                        std::to_string(options.channel_multiple) + ", are all";
  }
  return count;
}

// Rows of whole heads: the rows that go are counted first, then as many heads
// as fit.
PartCount LocalAttention(const RemovalStep& step, int layer) {
  const int64_t rows =
      step.original.layers[layer].num_kv_heads * step.original.head_dim;
  const int64_t size = step.current.layers[layer].num_kv_heads;
  const int64_t removed_rows =
      size * step.original.head_dim - NumKept(rows, step.ratio);
  return Checked(
      removed_rows / step.original.head_dim, size, step.ratio, "KV heads");
}

PartCount LocalMlp(const RemovalStep& step,
                   int layer,
                   const WidthPruneOptions& options) {
  return MlpCount(
      NumKept(step.original.layers[layer].intermediate_size, step.ratio),
      step.current.layers[layer].intermediate_size,
      step.ratio,
      options);
}

// The scores that compete, attention and MLP of each layer in turn.
std::vector<std::vector<double>> Families(const Importance& importance) {
  std::vector<std::vector<double>> families;
  for (const LayerImportance& layer : importance.layers) {
    families.push_back(layer.kv_heads);
    families.push_back(layer.mlp_channels);
  }
  return families;
}

int64_t NumOriginalUnits(const LlamaConfig& original,
                         const WidthPruneOptions& options) {
  int64_t total = 0;
  for (int i = 0; i < original.num_layers(); ++i) {
    const LayerShape& shape = original.layers[i];
    if (options.attention_layers.contains(i)) total += shape.num_kv_heads;
    if (options.mlp_layers.contains(i)) total += shape.intermediate_size;
  }
  return total;
}

int64_t NumScores(const std::vector<std::vector<double>>& families) {
  int64_t count = 0;
  for (const auto& scores : families) count += std::ssize(scores);
  return count;
}

}  // namespace

double RatioAfter(int step, const WidthPruneOptions& options) {
  return options.ratio / options.num_steps * step;
}

LayerCount CountLayer(const RemovalStep& step,
                      int layer,
                      const WidthPruneOptions& options) {
  LayerCount count;
  if (options.attention_layers.contains(layer)) {
    count.attention = LocalAttention(step, layer);
  }
  if (options.mlp_layers.contains(layer)) {
    count.mlp = LocalMlp(step, layer, options);
  }
  return count;
}

std::vector<LayerCount> CountLocally(const RemovalStep& step,
                                     const WidthPruneOptions& options) {
  std::vector<LayerCount> counts;
  for (int i = 0; i < step.current.num_layers(); ++i) {
    counts.push_back(CountLayer(step, i, options));
  }
  return counts;
}

Result<std::vector<LayerCount>> CountGlobally(
    const RemovalStep& step,
    const Importance& importance,
    const WidthPruneOptions& options) {
  const std::vector<std::vector<double>> families = Families(importance);
  const int64_t removed =
      NumScores(families) -
      NumKept(NumOriginalUnits(step.original, options), step.ratio);
  RA_ASSIGN_OR_RETURN(
      const std::vector<int64_t> lowest,
      graph::NumLowestOfAll(families, std::max<int64_t>(removed, 0)));
  std::vector<LayerCount> counts(step.current.layers.size());
  for (int i = 0; i < step.current.num_layers(); ++i) {
    const LayerShape& shape = step.current.layers[i];
    if (options.attention_layers.contains(i)) {
      counts[i].attention = Checked(
          lowest[2 * i], shape.num_kv_heads, step.ratio, "KV heads", true);
    }
    if (options.mlp_layers.contains(i)) {
      const int64_t size = shape.intermediate_size;
      const int64_t gone = lowest[2 * i + 1];
      // A part that would go whole stays, whatever it is rounded to.
      counts[i].mlp = gone == size
                          ? Checked(gone, size, step.ratio, "channels")
                          : MlpCount(size - gone, size, step.ratio, options);
    }
  }
  return counts;
}

void ApplyCounts(const std::vector<LayerCount>& counts, LlamaConfig* config) {
  for (size_t i = 0; i < counts.size(); ++i) {
    LayerShape& shape = config->layers[i];
    const int64_t heads_served = shape.num_heads / shape.num_kv_heads;
    shape.num_kv_heads -= counts[i].attention.num_removed;
    shape.num_heads = shape.num_kv_heads * heads_served;
    shape.intermediate_size -= counts[i].mlp.num_removed;
  }
}

std::vector<SkippedPart> SkippedParts(const std::vector<LayerCount>& counts,
                                      const LlamaConfig& before,
                                      const LlamaConfig& after) {
  std::vector<SkippedPart> skipped;
  for (size_t i = 0; i < counts.size(); ++i) {
    const int layer = static_cast<int>(i);
    const PartCount& attention = counts[i].attention;
    const PartCount& mlp = counts[i].mlp;
    if (!attention.skip_reason.empty() &&
        before.layers[i].num_kv_heads == after.layers[i].num_kv_heads) {
      skipped.push_back({layer, "attention", attention.skip_reason});
    }
    if (!mlp.skip_reason.empty() && before.layers[i].intermediate_size ==
                                        after.layers[i].intermediate_size) {
      skipped.push_back({layer, "mlp", mlp.skip_reason});
    }
  }
  return skipped;
}

}  // namespace rankadaptor::llama::internal
