// From texts to token ids, as lm-evaluation-harness 0.4 does it (spec 8.4).
#include "rankadaptor/common/check.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/scorer.h"

#include "evaluators/llama/scoring/text.h"

namespace rankadaptor::llama {
namespace {

// Encodes requests one after the other and remembers the last context, because
// the choices of a document mostly share it.
class RequestEncoder {
 public:
  RequestEncoder(const Tokenizer& tokenizer, bool add_bos)
      : tokenizer_(tokenizer), add_bos_(add_bos) {}

  Result<EncodedRequest> Encode(const Request& request) {
    const std::string_view context = internal::StripRight(request.context);
    std::string continuation = request.context.substr(context.size());
    continuation += request.continuation;
    RA_RETURN_IF_ERROR(EncodeContext(context));
    RA_ASSIGN_OR_RETURN(const std::vector<int32_t> whole,
                        tokenizer_.Encode(std::string(context) + continuation));
    if (whole.size() <= context_ids_.size()) {
      return InvalidArgument("the continuation " + Quote(request.continuation) +
                             " has no tokens");
    }
    // Not checked: that `whole` begins with the context's ids.
    const auto cut =
        whole.begin() + static_cast<ptrdiff_t>(context_ids_.size());
    return WithStart({context_ids_, {cut, whole.end()}});
  }

 private:
  Status EncodeContext(std::string_view context) {
    if (context == context_) return {};
    RA_ASSIGN_OR_RETURN(context_ids_, tokenizer_.Encode(context));
    context_ = context;
    return {};
  }

  // Adds BOS; an empty context gets a token in any case, because the first
  // token of the continuation must follow something.
  Result<EncodedRequest> WithStart(EncodedRequest encoded) const {
    const bool has_bos = tokenizer_.bos_id() >= 0;
    if (!encoded.context.empty() && !(add_bos_ && has_bos)) return encoded;
    const int32_t start = has_bos ? tokenizer_.bos_id() : tokenizer_.eos_id();
    if (start < 0) {
      return InvalidArgument(
          "the context is empty and the tokenizer has neither BOS nor EOS");
    }
    encoded.context.insert(encoded.context.begin(), start);
    return encoded;
  }

  const Tokenizer& tokenizer_;
  const bool add_bos_;
  std::string context_;
  std::vector<int32_t> context_ids_;
};

}  // namespace

Result<EncodedRequest> EncodeRequest(const Request& request,
                                     const Tokenizer& tokenizer,
                                     bool add_bos) {
  return RequestEncoder(tokenizer, add_bos).Encode(request);
}

Result<EncodedTask> EncodeTask(const Task& task,
                               std::span<const int64_t> documents,
                               const Tokenizer& tokenizer,
                               bool add_bos) {
  EncodedTask encoded{
      task.name, task.metric, task.reports_normalized_accuracy, {}};
  RequestEncoder encoder(tokenizer, add_bos);
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
