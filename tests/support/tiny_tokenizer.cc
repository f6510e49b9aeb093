#include "tests/support/tiny_tokenizer.h"

#include <sentencepiece_trainer.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::testing {

llama::Tokenizer TinyTokenizer() {
  TemporaryFolder folder;
  std::string model;
  EXPECT_TRUE(sentencepiece::SentencePieceTrainer::Train(
                  {{"model_type", "char"},
                   {"vocab_size", "31"},
                   {"hard_vocab_limit", "false"},
                   {"minloglevel", "4"}},
                  {"the quick brown fox jumps over a lazy dog."},
                  &model)
                  .ok());
  EXPECT_TRUE(WriteFileAtomically(folder / "tokenizer.model", model));
  return llama::Tokenizer::Load(folder.path()).value();
}

}  // namespace rankadaptor::testing
