// Any bytes as config.json: refused with a sentence, or a config whose sizes do
// not overflow and that is read back as it was written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rankadaptor/common/check.h"
#include "rankadaptor/llama/model_config.h"

namespace {

using rankadaptor::llama::FormatLlamaConfig;
using rankadaptor::llama::LlamaConfig;
using rankadaptor::llama::NumParameters;
using rankadaptor::llama::ParseLlamaConfig;

void CheckAccepted(const LlamaConfig& config) {
  RA_CHECK(NumParameters(config) > 0);
  const auto again =
      ParseLlamaConfig(FormatLlamaConfig(config, "float32"), "config.json");
  RA_CHECK(again.has_value()) << again.error().message;
  RA_CHECK(*again == config);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = ParseLlamaConfig(text, "config.json");
  if (config) {
    CheckAccepted(*config);
  } else {
    RA_CHECK(!config.error().message.empty());
    RA_CHECK(config.error().message.size() < 1000);
  }
  return 0;
}
