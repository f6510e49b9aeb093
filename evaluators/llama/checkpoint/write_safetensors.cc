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

Status CheckTensor(const TensorLayout& tensor) {
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
  if (internal::TensorBytes(*dtype, tensor.shape)) return {};
  return InvalidArgument(what + " has a shape that the format does not allow");
}

Status CheckTensors(const std::vector<TensorLayout>& tensors) {
  if (tensors.size() > internal::kMaxTensors) {
    return InvalidArgument("has " + std::to_string(tensors.size()) +
                           " tensors, allowed are " +
                           std::to_string(internal::kMaxTensors));
  }
  std::set<std::string_view> names;
  for (const TensorLayout& tensor : tensors) {
    RA_RETURN_IF_ERROR(CheckTensor(tensor));
    if (!names.insert(tensor.name).second) {
      return InvalidArgument("tensor " + Quote(tensor.name) +
                             " is there twice");
    }
  }
  return {};
}

// Of a tensor that CheckTensor() accepts.
uint64_t NumBytes(const TensorLayout& tensor) {
  return *internal::TensorBytes(*FindSafetensorsDtype(tensor.dtype),
                                tensor.shape);
}

// Wide formats first, so that every tensor is aligned to its element.
void SortCanonically(std::vector<TensorLayout>& tensors) {
  std::ranges::sort(tensors, {}, [](const TensorLayout& tensor) {
    return std::pair(-FindSafetensorsDtype(tensor.dtype)->order,
                     std::string_view(tensor.name));
  });
}

// The fields in the order of the reference writer.
std::string EntryText(const TensorLayout& tensor, uint64_t begin) {
  const json name = tensor.name;
  const json shape = tensor.shape;
  return name.dump() + ":{\"dtype\":\"" + tensor.dtype +
         "\",\"shape\":" + shape.dump() + ",\"data_offsets\":[" +
         std::to_string(begin) + "," +
         std::to_string(begin + NumBytes(tensor)) + "]}";
}

// Throws json::exception for text that is not UTF-8.
std::string HeaderText(const std::vector<TensorLayout>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  if (!metadata.empty()) {
    text += json(internal::kMetadataName).dump() + ":" + json(metadata).dump();
  }
  uint64_t begin = 0;
  for (const TensorLayout& tensor : tensors) {
    if (text.size() > 1) text += ",";
    text += EntryText(tensor, begin);
    begin += NumBytes(tensor);
  }
  return text + "}";
}

// The length and the header, padded so that the data begin at a multiple of 8.
Result<std::string> HeaderBytes(
    const std::vector<TensorLayout>& tensors,
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

Result<std::string_view> Bytes(const TensorLayout& tensor,
                               const TensorBytes& bytes_of) {
  RA_ASSIGN_OR_RETURN(const std::span<const std::byte> bytes,
                      bytes_of(tensor.name));
  if (bytes.size() != NumBytes(tensor)) {
    return InvalidArgument("tensor " + Quote(tensor.name) + " has " +
                           std::to_string(bytes.size()) +
                           " bytes, its shape and dtype need " +
                           std::to_string(NumBytes(tensor)));
  }
  return std::string_view(reinterpret_cast<const char*>(bytes.data()),
                          bytes.size());
}

}  // namespace

Status StreamSafetensors(const std::filesystem::path& file,
                         std::vector<TensorLayout> tensors,
                         const TensorBytes& bytes_of,
                         const std::map<std::string, std::string>& metadata) {
  Status valid = CheckTensors(tensors);
  if (!valid) return InContext(file.string(), std::move(valid).error());
  SortCanonically(tensors);
  auto header = HeaderBytes(tensors, metadata);
  if (!header) return InContext(file.string(), std::move(header).error());
  RA_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  RA_RETURN_IF_ERROR(out.Append(*header));
  for (const TensorLayout& tensor : tensors) {
    auto bytes = Bytes(tensor, bytes_of);
    if (!bytes) return InContext(file.string(), std::move(bytes).error());
    RA_RETURN_IF_ERROR(out.Append(*bytes));
  }
  return out.Commit();
}

Status WriteSafetensors(const std::filesystem::path& file,
                        std::vector<TensorToWrite> tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<TensorLayout> layouts;
  std::map<std::string, std::span<const std::byte>> data;
  for (const TensorToWrite& tensor : tensors) {
    layouts.push_back({tensor.name, tensor.dtype, tensor.shape});
    data[tensor.name] = tensor.data;
  }
  return StreamSafetensors(
      file,
      std::move(layouts),
      [&](const std::string& name) -> Result<std::span<const std::byte>> {
        return data.at(name);
      },
      metadata);
}

}  // namespace rankadaptor::llama
