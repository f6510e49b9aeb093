// A tokenizer with one piece per letter, trained on the spot.
#ifndef RANKADAPTOR_TESTS_SUPPORT_TINY_TOKENIZER_H_
#define RANKADAPTOR_TESTS_SUPPORT_TINY_TOKENIZER_H_

#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::testing {

// Lower-case letters, space and full stop; below 32 ids, so that it fits
// SmallConfig() (random_model.h).
llama::Tokenizer TinyTokenizer();

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_TINY_TOKENIZER_H_
