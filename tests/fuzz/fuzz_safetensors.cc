// Any bytes as a .safetensors file: refused with a sentence, or every tensor
// lies inside the file, without gaps, and has the size that its shape says.
#include <cstddef>
#include <cstdint>
#include <span>

#include "rankadaptor/common/check.h"

#include "evaluators/llama/checkpoint/safetensors_header.h"

namespace {

using rankadaptor::llama::internal::FindSafetensorsDtype;
using rankadaptor::llama::internal::ReadSafetensorsHeader;
using rankadaptor::llama::internal::SafetensorsHeader;
using rankadaptor::llama::internal::TensorBytes;

void CheckAccepted(const SafetensorsHeader& header, size_t file_size) {
  uint64_t covered = 0;
  for (const auto& [name, entry] : header.tensors) {
    const auto* dtype = FindSafetensorsDtype(entry.dtype);
    RA_CHECK(dtype != nullptr);
    RA_CHECK(entry.begin <= entry.end);
    RA_CHECK(header.data_start + entry.end <= file_size);
    RA_CHECK(TensorBytes(*dtype, entry.shape) == entry.end - entry.begin);
    covered += entry.end - entry.begin;
  }
  RA_CHECK(header.data_start + covered == file_size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto header =
      ReadSafetensorsHeader(std::as_bytes(std::span(data, size)));
  if (header) {
    CheckAccepted(*header, size);
  } else {
    RA_CHECK(!header.error().message.empty());
    RA_CHECK(header.error().message.size() < 1000);
  }
  return 0;
}
