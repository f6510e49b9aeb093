// SHA-256 (FIPS 180-4), for the digests that pin texts byte for byte.
#ifndef RANKADAPTOR_TESTS_UNIT_LLAMA_TRAINING_SHA256_H_
#define RANKADAPTOR_TESTS_UNIT_LLAMA_TRAINING_SHA256_H_

#include <string>
#include <string_view>

namespace rankadaptor::testing {

// Lower-case hexadecimal.
std::string Sha256(std::string_view bytes);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_LLAMA_TRAINING_SHA256_H_
