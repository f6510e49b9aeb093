// A small SentencePiece model made on the spot.
#ifndef RANKADAPTOR_TESTS_SUPPORT_TRAINED_TOKENIZER_H_
#define RANKADAPTOR_TESTS_SUPPORT_TRAINED_TOKENIZER_H_

#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::testing {

// Byte-pair pieces of a few English words with every byte as fallback, so that
// any text can be encoded; <unk>, <s> and </s> are 0, 1 and 2. Built once a
// process.
const llama::Tokenizer& TrainedTokenizer();

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_TRAINED_TOKENIZER_H_
