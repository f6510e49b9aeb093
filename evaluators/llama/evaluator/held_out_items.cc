#include "evaluators/llama/evaluator/held_out_items.h"

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::llama::internal {
namespace {

// The split of one task or text; its name decides the draw, so that adding a
// task leaves the others' items as they were.
Result<DocumentSplit> Split(const std::string& name,
                            int64_t num_items,
                            const LlamaEvaluatorOptions& options) {
  if (options.search_fraction == 1) {
    return DocumentSplit{AllDocuments(num_items), AllDocuments(num_items)};
  }
  auto split = SplitDocuments(num_items,
                              options.search_fraction,
                              DeriveSeed(options.split_seed, "items " + name));
  if (!split) return InContext(name, split.error());
  return split;
}

std::vector<TokenWindow> Select(const std::vector<TokenWindow>& windows,
                                const std::vector<int64_t>& indices) {
  std::vector<TokenWindow> selected;
  for (int64_t i : indices) selected.push_back(windows[i]);
  return selected;
}

}  // namespace

int64_t HeldOutItems::NumItems() const {
  size_t count = 0;
  for (const EncodedTask& task : tasks) count += task.documents.size();
  for (const HeldoutText& text : texts) count += text.windows.size();
  return static_cast<int64_t>(count);
}

Result<SplitItems> SplitHeldOutItems(const LlamaEvaluatorParts& parts,
                                     const LlamaEvaluatorOptions& options) {
  SplitItems items;
  for (const Task& task : parts.tasks) {
    RA_ASSIGN_OR_RETURN(
        DocumentSplit split,
        Split(task.name, static_cast<int64_t>(task.documents.size()), options));
    RA_ASSIGN_OR_RETURN(
        EncodedTask search,
        EncodeTask(task, split.search, parts.tokenizer, options.add_bos));
    RA_ASSIGN_OR_RETURN(
        EncodedTask confirm,
        EncodeTask(task, split.confirm, parts.tokenizer, options.add_bos));
    items.search.tasks.push_back(std::move(search));
    items.confirm.tasks.push_back(std::move(confirm));
  }
  for (const HeldoutText& text : parts.heldout_texts) {
    RA_ASSIGN_OR_RETURN(
        DocumentSplit split,
        Split(text.name, static_cast<int64_t>(text.windows.size()), options));
    items.search.texts.push_back(
        {text.name, Select(text.windows, split.search)});
    items.confirm.texts.push_back(
        {text.name, Select(text.windows, split.confirm)});
  }
  return items;
}

}  // namespace rankadaptor::llama::internal
