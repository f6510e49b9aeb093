// Models in forms that other programs read.
//
//   RA_ASSIGN_OR_RETURN(Model uniform, PadToUniformShape(pruned));
//   RA_RETURN_IF_ERROR(uniform.Save(folder, Dtype::kBFloat16));
//   RA_RETURN_IF_ERROR(WriteGguf(pruned, folder / "model.gguf", ...));
//
// Thread-safety: functions of their arguments; models are not changed.
#ifndef RANKADAPTOR_LLAMA_EXPORT_H_
#define RANKADAPTOR_LLAMA_EXPORT_H_

#include <filesystem>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"

namespace rankadaptor::llama {

// A model of the same function whose layers all have one shape, for readers
// that know no other (stock transformers). Zeros fill it up:
//   - MLP channels come after those that are there: rows of gate and up,
//     columns of down.
//   - KV heads come after those that are there: rows of k and v.
//   - A KV head keeps its query heads. Where layers have different numbers of
//     query heads per KV head, each group is filled up: query head h of a layer
//     moves to (h / served) * most_served + h % served. Rows of q, columns
//     of o.
// Where transformers wants the heads to divide the hidden size (Llama), KV
// heads, or query heads per KV head, are filled up until they do; a model that
// HasStockShape() already stays as it is.
// A layer of zeros is never needed: every layer has heads and channels. What
// was there keeps its values; sums only gain zeros. Weights of a model that is
// moved in are freed one by one as they are replaced.
Result<Model> PadToUniformShape(Model model);

struct GgufOptions {
  Dtype dtype = Dtype::kFloat32;  // of the matrices; vectors are fp32
  std::string name;               // general.name, for people
};

// Writes one GGUF file (version 3) with weights and tokenizer. Models whose
// layers have one shape are of their own architecture ("llama", "qwen2",
// "qwen3"). Others are "deci", what llama.cpp calls LLaMA models with a shape
// per layer, with arrays of head counts and feed-forward lengths. The
// vocabulary is that of `tokenizer_folder`: SentencePiece's BPE, or byte-level
// BPE that cuts words as Llama 3, Qwen2 or GPT-2 do, filled up to the model's
// vocab_size. kInvalidArgument for what llama.cpp has not (other tokenizers,
// Qwen3 with a shape per layer, sliding windows) and as ForFile (tensors.h) for
// values.
Status WriteGguf(const Model& model,
                 const std::filesystem::path& tokenizer_folder,
                 const GgufOptions& options,
                 const std::filesystem::path& file);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_EXPORT_H_
