// From texts to token ids, as the versions of lm-evaluation-harness do it
// (spec 8.4, 8.5).
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/scorer.h"

#include "evaluators/llama/scoring/text.h"

namespace rankadaptor::llama {
namespace {

constexpr std::array kPresets = {
    std::pair{ScoringPreset::k2023May, "lm_eval_2023_05"},
    std::pair{ScoringPreset::k2023August, "lm_eval_2023_08"},
    std::pair{ScoringPreset::k04WithoutBos, "lm_eval_0_4_bos_off"},
    std::pair{ScoringPreset::k04WithBos, "lm_eval_0_4_bos_on"},
};

// Encodes requests one after the other and remembers the last context, because
// the choices of a document mostly share it.
class RequestEncoder {
 public:
  RequestEncoder(const Tokenizer& tokenizer, ScoringPreset preset)
      : tokenizer_(tokenizer), preset_(preset) {}

  Result<EncodedRequest> Encode(const Request& request) {
    auto encoded = preset_ == ScoringPreset::k2023May ? EncodeApart(request)
                                                      : EncodeTogether(request);
    if (!encoded) return encoded;
    if (encoded->continuation.empty()) {
      return InvalidArgument("the continuation " + Quote(request.continuation) +
                             " has no tokens");
    }
    return WithStart(*std::move(encoded));
  }

 private:
  // Context and continuation each by itself.
  Result<EncodedRequest> EncodeApart(const Request& request) {
    RA_RETURN_IF_ERROR(EncodeContext(request.context));
    RA_ASSIGN_OR_RETURN(std::vector<int32_t> continuation,
                        tokenizer_.Encode(request.continuation));
    return EncodedRequest{context_ids_, std::move(continuation)};
  }

  // White space at the context's end goes to the continuation, and what the
  // whole has behind as many tokens as the context has is the continuation's.
  Result<EncodedRequest> EncodeTogether(const Request& request) {
    const std::string_view context = internal::StripRight(request.context);
    std::string whole_text = request.context + request.continuation;
    RA_RETURN_IF_ERROR(EncodeContext(context));
    RA_ASSIGN_OR_RETURN(const std::vector<int32_t> whole,
                        tokenizer_.Encode(whole_text));
    // Not checked: that `whole` begins with the context's ids.
    const auto cut =
        whole.begin() + std::min(std::ssize(context_ids_), std::ssize(whole));
    return EncodedRequest{context_ids_, {cut, whole.end()}};
  }

  Status EncodeContext(std::string_view context) {
    if (context == context_) return {};
    RA_ASSIGN_OR_RETURN(context_ids_, tokenizer_.Encode(context));
    context_ = context;
    return {};
  }

  // Adds BOS; an empty context gets a token in any case, because the first
  // token of the continuation must follow something. It was EOS before 0.4.
  Result<EncodedRequest> WithStart(EncodedRequest encoded) const {
    const bool add_bos =
        preset_ == ScoringPreset::k04WithBos && tokenizer_.bos_id() >= 0;
    if (!encoded.context.empty() && !add_bos) return encoded;
    const int32_t start = StartToken();
    if (start < 0) {
      return InvalidArgument(
          "the context is empty and the tokenizer has neither BOS nor EOS");
    }
    encoded.context.insert(encoded.context.begin(), start);
    return encoded;
  }

  int32_t StartToken() const {
    const bool is_2023 = preset_ == ScoringPreset::k2023May ||
                         preset_ == ScoringPreset::k2023August;
    const int32_t first = is_2023 ? tokenizer_.eos_id() : tokenizer_.bos_id();
    const int32_t second = is_2023 ? tokenizer_.bos_id() : tokenizer_.eos_id();
    return first >= 0 ? first : second;
  }

  const Tokenizer& tokenizer_;
  const ScoringPreset preset_;
  std::string context_;
  std::vector<int32_t> context_ids_;
};

}  // namespace

Result<ScoringPreset> ParseScoringPreset(std::string_view name) {
  std::string allowed;
  for (const auto& [preset, preset_name] : kPresets) {
    if (name == preset_name) return preset;
    allowed += (allowed.empty() ? "" : ", ") + std::string(preset_name);
  }
  return InvalidArgument("scoring preset " + Quote(name) + " is not one of " +
                         allowed);
}

const char* ScoringPresetName(ScoringPreset preset) {
  return std::ranges::find(
             kPresets, preset, &std::pair<ScoringPreset, const char*>::first)
      ->second;
}

Result<EncodedRequest> EncodeRequest(const Request& request,
                                     const Tokenizer& tokenizer,
                                     ScoringPreset preset) {
  return RequestEncoder(tokenizer, preset).Encode(request);
}

Result<EncodedTask> EncodeTask(const Task& task,
                               std::span<const int64_t> documents,
                               const Tokenizer& tokenizer,
                               ScoringPreset preset) {
  EncodedTask encoded{
      task.name, task.metric, task.reports_normalized_accuracy, {}};
  RequestEncoder encoder(tokenizer, preset);
  for (int64_t doc_id : documents) {
    RA_CHECK(doc_id >= 0 &&
             doc_id < static_cast<int64_t>(task.documents.size()))
        << "document " << doc_id << " of task " << task.name;
    const TaskDocument& document = task.documents[static_cast<size_t>(doc_id)];
    EncodedDocument& target = encoded.documents.emplace_back();
    target.doc_id = doc_id;
    target.gold = document.gold;
    target.choice_lengths = document.choice_lengths;
    for (const Request& request : document.requests) {
      Result<EncodedRequest> one = encoder.Encode(request);
      if (!one) {
        return InContext("task " + task.name + ", document " +
                             std::to_string(doc_id) + ", choice " +
                             std::to_string(target.requests.size()),
                         std::move(one).error());
      }
      target.requests.push_back(*std::move(one));
    }
  }
  return encoded;
}

}  // namespace rankadaptor::llama
