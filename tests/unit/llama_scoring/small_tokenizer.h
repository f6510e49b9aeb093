// A tokenizer of some dozen pieces, trained in the test.
#ifndef RANKADAPTOR_TESTS_UNIT_LLAMA_SCORING_SMALL_TOKENIZER_H_
#define RANKADAPTOR_TESTS_UNIT_LLAMA_SCORING_SMALL_TOKENIZER_H_

#include <sentencepiece_trainer.h>

#include <gtest/gtest.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/tokenizer.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::testing {

// <unk>, <s> and </s> are 0, 1 and 2; with `bos` false there is no <s>. Runs of
// spaces are kept, as LLaMA's own tokenizer keeps them.
inline llama::Tokenizer SmallTokenizer(bool bos = true) {
  const std::vector<std::string> sentences(
      20, "the cat sat on the mat and the dog ran to the red barn");
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"model_type", "bpe"},
       {"vocab_size", "32"},
       {"bos_id", bos ? "1" : "-1"},
       {"eos_id", "2"},
       {"normalization_rule_name", "identity"},
       {"remove_extra_whitespaces", "false"},
       {"hard_vocab_limit", "false"},
       {"minloglevel", "3"}},
      sentences,
      &model);
  EXPECT_TRUE(status.ok()) << status.message();
  const TemporaryFolder folder;
  EXPECT_TRUE(WriteFileAtomically(folder / "tokenizer.model", model));
  return llama::Tokenizer::Load(folder.path()).value();
}

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_LLAMA_SCORING_SMALL_TOKENIZER_H_
