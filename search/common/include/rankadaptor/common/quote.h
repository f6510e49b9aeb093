// Text from files and users inside an error sentence.
#ifndef RANKADAPTOR_COMMON_QUOTE_H_
#define RANKADAPTOR_COMMON_QUOTE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace rankadaptor {

// `text` between double quotes with control characters, quotes and backslashes
// escaped; what exceeds `max_bytes` is replaced by "...". UTF-8 stays as it is
// and is not cut inside a character. Thread-safe.
std::string Quote(std::string_view text, size_t max_bytes = 80);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_COMMON_QUOTE_H_
