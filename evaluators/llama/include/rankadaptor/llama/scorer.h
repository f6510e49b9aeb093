// Multiple-choice scoring by log-likelihood, zero-shot, as
// lm-evaluation-harness 0.4 does it (spec 8.4 to 8.7), in fp32 and
// independent of how requests are batched.
//
//   RA_ASSIGN_OR_RETURN(Task task, LoadTask("piqa", data_dir));
//   RA_ASSIGN_OR_RETURN(
//       EncodedTask encoded,
//       EncodeTask(task, AllDocuments(task.documents.size()), tokenizer,
//       true));
//   RA_ASSIGN_OR_RETURN(TaskScores scores, ScoreTask(model, nullptr, encoded,
//   {})); double acc = Accuracy(scores, task.metric).mean;
//
// Encoding and scoring are apart because a search scores the same questions
// with one model after the other. Requests that begin alike (the choices of one
// question) are computed together: what they share runs through the model once.
//
// All functions are thread-safe.
#ifndef RANKADAPTOR_LLAMA_SCORER_H_
#define RANKADAPTOR_LLAMA_SCORER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/task_scores.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::llama {

// How the harness of some time turns texts into token ids; published figures
// differ in it (spec 8.5).
enum class ScoringPreset {
  // LLM-Pruner's: context and continuation encoded each by itself, no BOS. A
  // SentencePiece tokenizer that keeps spaces then puts a piece for the space
  // alone before the continuation, and its log-probability counts.
  k2023May,
  // Shortened LLaMA's: encoded together, no BOS.
  k2023August,
  k04WithoutBos,  // the same up to 0.4.9.1 (but for an empty context)
  k04WithBos,     // from 0.4.9.2 on, for tokenizers that have one
};

// "lm_eval_2023_05", "lm_eval_2023_08", "lm_eval_0_4_bos_off",
// "lm_eval_0_4_bos_on"; else kInvalidArgument.
Result<ScoringPreset> ParseScoringPreset(std::string_view name);
const char* ScoringPresetName(ScoringPreset preset);

struct EncodedRequest {
  std::vector<int32_t> context;       // with BOS where the preset has it
  std::vector<int32_t> continuation;  // never empty
};

// Together means: white space at the end of the context moves to the
// continuation; both are encoded as one text and cut where the context, encoded
// alone, ends. An empty context becomes one BOS (or EOS where there is no BOS;
// before 0.4 the other way round). kInvalidArgument if the continuation has no
// token of its own.
Result<EncodedRequest> EncodeRequest(const Request& request,
                                     const Tokenizer& tokenizer,
                                     ScoringPreset preset);

struct EncodedDocument {
  int64_t doc_id = 0;
  int gold = 0;
  std::vector<EncodedRequest> requests;
  std::vector<int64_t> choice_lengths;
};

struct EncodedTask {
  std::string name;
  TaskMetric metric = TaskMetric::kAccuracy;
  bool reports_normalized_accuracy = false;
  std::vector<EncodedDocument> documents;
};

// Encodes the documents with these indices. Errors name the document and the
// choice.
Result<EncodedTask> EncodeTask(const Task& task,
                               std::span<const int64_t> documents,
                               const Tokenizer& tokenizer,
                               ScoringPreset preset);

struct ScoringOptions {
  // Longest input in tokens; what is longer loses its beginning. 0: the model's
  // max_position_embeddings.
  int64_t max_length = 0;
  // Requests of one forward pass at most. 0: as many as suit the device. Lower
  // it if memory runs out; results do not depend on it.
  int64_t batch_size = 0;
  // Stops with kCancelled between forward passes. Borrowed, may be null.
  const CancellationFlag* cancellation = nullptr;
  // Called now and then with the share of the work that is done, in (0, 1].
  std::function<void(double fraction_done)> progress;
};

// Scores in the order of `requests`. `adapter` may be null. Errors:
// kInvalidArgument for a continuation longer than max_length or a token that
// the model does not have, kFailedPrecondition if the model's output is not
// finite, kCancelled, kResourceExhausted.
Result<std::vector<RequestScore>> ScoreRequests(
    const Model& model,
    const Adapter* adapter,
    std::span<const EncodedRequest> requests,
    const ScoringOptions& options);

// The same for all requests of a task.
Result<TaskScores> ScoreTask(const Model& model,
                             const Adapter* adapter,
                             const EncodedTask& task,
                             const ScoringOptions& options);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_SCORER_H_
