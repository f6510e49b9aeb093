#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/safetensors.h"

#include "evaluators/llama/checkpoint/safetensors_header.h"

namespace rankadaptor::llama {
namespace {

using internal::FindSafetensorsDtype;
using internal::SafetensorsDtype;
using nlohmann::json;

Status CheckTensor(const TensorToWrite& tensor) {
  const std::string what = "tensor " + Quote(tensor.name);
  if (tensor.name == internal::kMetadataName ||
      tensor.name.size() > internal::kMaxNameBytes) {
    return InvalidArgument(what + " has a name that the format does not allow");
  }
  const SafetensorsDtype* dtype = FindSafetensorsDtype(tensor.dtype);
  if (dtype == nullptr) {
    return InvalidArgument(what + " has the unknown dtype " +
                           Quote(tensor.dtype));
  }
  const auto size = internal::TensorBytes(*dtype, tensor.shape);
  if (!size || *size != tensor.data.size()) {
    return InvalidArgument(what + " has " + std::to_string(tensor.data.size()) +
                           " bytes, its shape and dtype need " +
                           (size ? std::to_string(*size) : "another number"));
  }
  return {};
}

Status CheckTensors(const std::vector<TensorToWrite>& tensors) {
  if (tensors.size() > internal::kMaxTensors) {
    return InvalidArgument("has " + std::to_string(tensors.size()) +
                           " tensors, allowed are " +
                           std::to_string(internal::kMaxTensors));
  }
  std::set<std::string_view> names;
  for (const TensorToWrite& tensor : tensors) {
    RA_RETURN_IF_ERROR(CheckTensor(tensor));
    if (!names.insert(tensor.name).second) {
      return InvalidArgument("tensor " + Quote(tensor.name) +
                             " is there twice");
    }
  }
  return {};
}

// Wide formats first, so that every tensor is aligned to its element.
void SortCanonically(std::vector<TensorToWrite>& tensors) {
  std::ranges::sort(tensors, {}, [](const TensorToWrite& tensor) {
    return std::pair(-FindSafetensorsDtype(tensor.dtype)->order,
                     std::string_view(tensor.name));
  });
}

// The fields in the order of the reference writer.
std::string EntryText(const TensorToWrite& tensor, uint64_t begin) {
  const json name = tensor.name;
  const json shape = tensor.shape;
  return name.dump() + ":{\"dtype\":\"" + tensor.dtype +
         "\",\"shape\":" + shape.dump() + ",\"data_offsets\":[" +
         std::to_string(begin) + "," +
         std::to_string(begin + tensor.data.size()) + "]}";
}

// Throws json::exception for text that is not UTF-8.
std::string HeaderText(const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  if (!metadata.empty()) {
    text += json(internal::kMetadataName).dump() + ":" + json(metadata).dump();
  }
  uint64_t begin = 0;
  for (const TensorToWrite& tensor : tensors) {
    if (text.size() > 1) text += ",";
    text += EntryText(tensor, begin);
    begin += tensor.data.size();
  }
  return text + "}";
}

// The length and the header, padded so that the data begin at a multiple of 8.
Result<std::string> HeaderBytes(
    const std::vector<TensorToWrite>& tensors,
    const std::map<std::string, std::string>& metadata) {
  std::string text;
  try {
    text = HeaderText(tensors, metadata);
  } catch (const json::exception&) {
    return InvalidArgument("a name or a metadata string is not valid UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > internal::kMaxHeaderBytes) {
    return InvalidArgument("needs a header of " + std::to_string(text.size()) +
                           " bytes, allowed are " +
                           std::to_string(internal::kMaxHeaderBytes));
  }
  std::string length;
  for (int i = 0; i < 8; ++i) {
    length += static_cast<char>((text.size() >> (8 * i)) & 0xFF);
  }
  return length + text;
}

}  // namespace

Status WriteSafetensors(const std::filesystem::path& file,
                        std::vector<TensorToWrite> tensors,
                        const std::map<std::string, std::string>& metadata) {
  Status valid = CheckTensors(tensors);
  if (!valid) return InContext(file.string(), std::move(valid).error());
  SortCanonically(tensors);
  auto header = HeaderBytes(tensors, metadata);
  if (!header) return InContext(file.string(), std::move(header).error());
  RA_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  RA_RETURN_IF_ERROR(out.Append(*header));
  for (const TensorToWrite& tensor : tensors) {
    RA_RETURN_IF_ERROR(
        out.Append({reinterpret_cast<const char*>(tensor.data.data()),
                    tensor.data.size()}));
  }
  return out.Commit();
}

}  // namespace rankadaptor::llama
