#include "evaluators/llama/export/gguf_file.h"

#include <bit>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "rankadaptor/common/file.h"

namespace rankadaptor::llama::internal {
namespace {

static_assert(std::endian::native == std::endian::little,
              "GGUF is written as memory has it");

constexpr uint32_t kVersion = 3;
constexpr uint64_t kAlignment = 32;  // the format's default
constexpr uint32_t kArray = 9;

// The format's number of a type of values.
template <typename T>
constexpr uint32_t TypeNumber() {
  if constexpr (std::is_same_v<T, uint32_t>) return 4;
  if constexpr (std::is_same_v<T, int32_t>) return 5;
  if constexpr (std::is_same_v<T, float>) return 6;
  if constexpr (std::is_same_v<T, bool>) return 7;
  if constexpr (std::is_same_v<T, std::string>) return 8;
}

uint64_t Aligned(uint64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t NumBytes(const GgufTensor& tensor) {
  uint64_t count = tensor.type == GgufType::kF32 ? 4 : 2;
  for (int64_t size : tensor.shape) count *= static_cast<uint64_t>(size);
  return count;
}

// Bytes of what stands before the tensors' data.
class Header {
 public:
  template <typename T>
  void Number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text_.append(bytes, sizeof value);
  }

  void String(const std::string& value) {
    Number<uint64_t>(value.size());
    text_ += value;
  }

  void Field(const GgufField& field) {
    String(field.key);
    std::visit([&](const auto& value) { Typed(value); }, field.value);
  }

  // dims go from the one that changes fastest.
  void Tensor(const GgufTensor& tensor, uint64_t offset) {
    String(tensor.name);
    Number(static_cast<uint32_t>(tensor.shape.size()));
    for (auto size = tensor.shape.rbegin(); size != tensor.shape.rend();
         ++size) {
      Number(static_cast<uint64_t>(*size));
    }
    Number(static_cast<uint32_t>(tensor.type));
    Number(offset);
  }

  std::string Finish() && {
    text_.resize(Aligned(text_.size()));
    return std::move(text_);
  }

 private:
  template <typename T>
  void Typed(const T& value) {
    Number(TypeNumber<T>());
    Value(value);
  }

  template <typename T>
  void Typed(const std::vector<T>& values) {
    Number(kArray);
    Number(TypeNumber<T>());
    Number<uint64_t>(values.size());
    for (const T& value : values) Value(value);
  }

  template <typename T>
  void Value(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      String(value);
    } else {
      Number(value);
    }
  }

  std::string text_ = "GGUF";
};

std::string HeaderBytes(const std::vector<GgufField>& fields,
                        const std::vector<GgufTensor>& tensors) {
  Header header;
  header.Number(kVersion);
  header.Number<uint64_t>(tensors.size());
  header.Number<uint64_t>(fields.size());
  for (const GgufField& field : fields) header.Field(field);
  uint64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    header.Tensor(tensor, offset);
    offset += Aligned(NumBytes(tensor));
  }
  return std::move(header).Finish();
}

// The data and what fills them up to the alignment.
Status AppendTensor(const GgufTensor& tensor,
                    std::span<const std::byte> bytes,
                    AtomicFile& out) {
  if (bytes.size() != NumBytes(tensor)) {
    return InvalidArgument(
        "tensor " + tensor.name + " has " + std::to_string(bytes.size()) +
        " bytes, its shape and type need " + std::to_string(NumBytes(tensor)));
  }
  RA_RETURN_IF_ERROR(
      out.Append({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return out.Append(std::string(Aligned(bytes.size()) - bytes.size(), '\0'));
}

}  // namespace

Status WriteGgufFile(const std::filesystem::path& file,
                     const std::vector<GgufField>& fields,
                     const std::vector<GgufTensor>& tensors,
                     const TensorBytes& bytes_of) {
  RA_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  RA_RETURN_IF_ERROR(out.Append(HeaderBytes(fields, tensors)));
  for (const GgufTensor& tensor : tensors) {
    auto bytes = bytes_of(tensor.name);
    if (!bytes) return InContext(file.string(), std::move(bytes).error());
    RA_RETURN_IF_ERROR(AppendTensor(tensor, *bytes, out));
  }
  return out.Commit();
}

}  // namespace rankadaptor::llama::internal
