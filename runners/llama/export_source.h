// What `rankadaptor export` writes out of: a trial of a study, an adapter's
// folder or a model's.
//
// Thread-safety: plain values; one thread at a time.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_EXPORT_SOURCE_H_
#define RANKADAPTOR_RUNNERS_LLAMA_EXPORT_SOURCE_H_

#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model.h"

#include "runners/commands/command.h"
#include "runners/llama/model_card.h"

namespace rankadaptor::runners {

struct ExportSource {
  llama::Model model;  // without the adapter
  // What its weights are written as where nobody says otherwise.
  llama::Dtype dtype = llama::Dtype::kFloat32;
  std::filesystem::path model_folder;  // of the model before pruning; tokenizer
  // In the coordinates of the dense model; empty where nothing was pruned.
  std::optional<llama::KeptIndices> kept;
  std::optional<llama::Adapter> adapter;
  // What the model card says.
  std::string base_model;    // as the user named it
  llama::LlamaConfig dense;  // before pruning, as far as files tell
  std::optional<CardStudy> study;
};

// `trial` is an id or "best". Prunes as the study did. The trial's adapter,
// where `with_adapter`, is the kept one or made again.
Result<ExportSource> ExportSourceInStudy(const std::filesystem::path& study,
                                         const std::string& trial,
                                         bool with_adapter,
                                         CommandContext& context);

// `model_folder` may be empty: what the adapter's config names. `dtype` is what
// will be written; none: as the model's files.
Result<ExportSource> ExportSourceInAdapter(const std::filesystem::path& folder,
                                           std::filesystem::path model_folder,
                                           std::optional<llama::Dtype> dtype);

Result<ExportSource> ExportSourceInModel(const std::filesystem::path& folder,
                                         std::optional<llama::Dtype> dtype);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_EXPORT_SOURCE_H_
