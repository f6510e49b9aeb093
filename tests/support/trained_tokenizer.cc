#include "tests/support/trained_tokenizer.h"

#include <fstream>
#include <sentencepiece_trainer.h>
#include <string>
#include <vector>

#include "rankadaptor/common/check.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::testing {
namespace {

llama::Tokenizer Train() {
  const std::vector<std::string> sentences(
      20, "the cat sat on the mat and the dog ran to the red barn");
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"model_type", "bpe"},
       {"vocab_size", "300"},
       {"byte_fallback", "true"},
       {"hard_vocab_limit", "false"},
       {"remove_extra_whitespaces", "false"},
       {"minloglevel", "3"}},
      sentences,
      &model);
  RA_CHECK(status.ok()) << status.message();
  const TemporaryFolder folder;
  std::ofstream(folder / "tokenizer.model", std::ios::binary) << model;
  return llama::Tokenizer::Load(folder.path()).value();
}

}  // namespace

const llama::Tokenizer& TrainedTokenizer() {
  static const llama::Tokenizer tokenizer = Train();
  return tokenizer;
}

}  // namespace rankadaptor::testing
