#include "rankadaptor/llama/safetensors.h"

#include <utility>

#include "evaluators/llama/checkpoint/mapped_file.h"
#include "evaluators/llama/checkpoint/safetensors_header.h"

namespace rankadaptor::llama {

struct SafetensorsFile::Mapping {
  internal::MappedFile file;
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
};

SafetensorsFile::SafetensorsFile(std::unique_ptr<Mapping> mapping)
    : mapping_(std::move(mapping)) {}
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept =
    default;
SafetensorsFile::~SafetensorsFile() = default;

Result<SafetensorsFile> SafetensorsFile::Open(
    const std::filesystem::path& path) {
  RA_ASSIGN_OR_RETURN(internal::MappedFile file,
                      internal::MappedFile::Open(path));
  auto header = internal::ReadSafetensorsHeader(file.bytes());
  if (!header) return InContext(path.string(), std::move(header).error());
  const auto data = file.bytes().subspan(header->data_start);
  std::map<std::string, TensorView> tensors;
  for (auto& [name, entry] : header->tensors) {
    tensors.emplace(
        name,
        TensorView{std::move(entry.dtype),
                   std::move(entry.shape),
                   data.subspan(entry.begin, entry.end - entry.begin)});
  }
  return SafetensorsFile(std::make_unique<Mapping>(Mapping{
      std::move(file), std::move(tensors), std::move(header->metadata)}));
}

const std::map<std::string, TensorView>& SafetensorsFile::tensors() const {
  return mapping_->tensors;
}

const std::map<std::string, std::string>& SafetensorsFile::metadata() const {
  return mapping_->metadata;
}

}  // namespace rankadaptor::llama
