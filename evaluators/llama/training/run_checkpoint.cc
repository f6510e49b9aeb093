#include "evaluators/llama/training/run_checkpoint.h"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "rankadaptor/llama/safetensors.h"

namespace rankadaptor::llama::internal {
namespace {

constexpr const char* kLogName = "log";
constexpr int64_t kLogColumns = 6;

std::string TensorName(size_t index) {
  return "tensor." + std::to_string(index);
}

// What a run's tensors are made of.
const std::vector<std::pair<at::ScalarType, const char*>> kTypes = {
    {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kBool, "BOOL"}};

const char* TypeName(at::ScalarType type) {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return "";
}

at::Tensor LogTensor(const std::vector<TrainingStep>& log) {
  at::Tensor table = at::empty({std::ssize(log), kLogColumns}, at::kDouble);
  double* value = table.mutable_data_ptr<double>();
  for (const TrainingStep& step : log) {
    for (double entry : {static_cast<double>(step.step),
                         step.loss,
                         step.grad_norm,
                         step.learning_rate,
                         static_cast<double>(step.num_tokens),
                         static_cast<double>(step.num_targets)}) {
      *value++ = entry;
    }
  }
  return table;
}

std::vector<TrainingStep> LogFrom(const at::Tensor& table) {
  std::vector<TrainingStep> log;
  const double* value = table.const_data_ptr<double>();
  for (int64_t i = 0; i < table.size(0); ++i, value += kLogColumns) {
    log.push_back({.step = static_cast<int64_t>(value[0]),
                   .loss = value[1],
                   .grad_norm = value[2],
                   .learning_rate = value[3],
                   .num_tokens = static_cast<int64_t>(value[4]),
                   .num_targets = static_cast<int64_t>(value[5])});
  }
  return log;
}

// Reads tensors and numbers of one file.
class Reader {
 public:
  Reader(const std::filesystem::path& path, const SafetensorsFile& file)
      : path_(path.string()), file_(file) {}

  // On the CPU.
  Result<at::Tensor> Take(const std::string& name, at::ScalarType type) const {
    const auto found = file_.tensors().find(name);
    if (found == file_.tensors().end() ||
        found->second.dtype != TypeName(type)) {
      return DataLoss(path_ + ": tensor " + name +
                      " is missing or of another type");
    }
    at::Tensor tensor = at::empty(found->second.shape, type);
    if (!found->second.data.empty()) {
      std::memcpy(tensor.mutable_data_ptr(),
                  found->second.data.data(),
                  found->second.data.size());
    }
    return tensor;
  }

  Result<uint64_t> Number(const std::string& name) const {
    const auto found = file_.metadata().find(name);
    uint64_t value = 0;
    if (found != file_.metadata().end()) {
      const std::string& text = found->second;
      const char* end = text.data() + text.size();
      if (std::from_chars(text.data(), end, value).ptr == end) return value;
    }
    return DataLoss(path_ + ": " + name + " is missing");
  }

 private:
  std::string path_;
  const SafetensorsFile& file_;
};

Status Restore(const Reader& reader,
               const std::string& place,
               const std::string& name,
               at::Tensor& tensor) {
  RA_ASSIGN_OR_RETURN(const at::Tensor saved,
                      reader.Take(name, tensor.scalar_type()));
  if (saved.sizes() == tensor.sizes()) {
    tensor.copy_(saved);
    return {};
  }
  const bool other_rows = saved.dim() == tensor.dim() && saved.dim() > 0 &&
                          saved.sizes().slice(1) == tensor.sizes().slice(1);
  if (!other_rows) return DataLoss(place + ": " + name + " does not fit");
  tensor = saved.to(tensor.device());
  return {};
}

}  // namespace

void RunIdentity::Add(const char* name, double value) {
  AddBytes(name, std::strlen(name));
  AddBytes(&value, sizeof(value));
}
void RunIdentity::Add(const char* name, int64_t value) {
  AddBytes(name, std::strlen(name));
  AddBytes(&value, sizeof(value));
}
void RunIdentity::Add(const char* name, uint64_t value) {
  Add(name, static_cast<int64_t>(value));
}
void RunIdentity::Add(const char* name, const at::Tensor& tensor) {
  AddBytes(name, std::strlen(name));
  const at::Tensor values = tensor.detach().to(at::kCPU).contiguous();
  AddBytes(values.const_data_ptr(), values.nbytes());
}

std::string RunIdentity::FileName() const {
  char text[64];
  std::snprintf(text,
                sizeof(text),
                "recovery-%016llx.checkpoint",
                static_cast<unsigned long long>(hash_));
  return text;
}

void RunIdentity::AddBytes(const void* bytes, size_t size) {
  for (unsigned char byte :
       std::span(static_cast<const unsigned char*>(bytes), size)) {
    hash_ = (hash_ ^ byte) * 0x100000001b3;
  }
}

Status WriteRunCheckpoint(const std::filesystem::path& file,
                          const RunPosition& position,
                          const std::vector<at::Tensor>& tensors) {
  std::vector<std::pair<std::string, at::Tensor>> named = {
      {kLogName, LogTensor(position.log)}};
  for (size_t i = 0; i < tensors.size(); ++i) {
    named.emplace_back(TensorName(i),
                       tensors[i].detach().to(at::kCPU).contiguous());
  }
  std::vector<TensorToWrite> to_write;
  for (const auto& [name, tensor] : named) {
    to_write.push_back({name,
                        TypeName(tensor.scalar_type()),
                        tensor.sizes().vec(),
                        {static_cast<const std::byte*>(tensor.const_data_ptr()),
                         tensor.nbytes()}});
  }
  return WriteSafetensors(
      file,
      std::move(to_write),
      {{"next_update", std::to_string(position.next_update)},
       {"num_passes", std::to_string(position.num_passes)}});
}

Result<std::optional<RunPosition>> ReadRunCheckpoint(
    const std::filesystem::path& path,
    const std::vector<at::Tensor*>& tensors) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return std::optional<RunPosition>();
  }
  RA_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(path));
  const Reader reader(path, file);
  RunPosition position;
  RA_ASSIGN_OR_RETURN(const uint64_t next_update, reader.Number("next_update"));
  position.next_update = static_cast<int64_t>(next_update);
  RA_ASSIGN_OR_RETURN(position.num_passes, reader.Number("num_passes"));
  RA_ASSIGN_OR_RETURN(const at::Tensor log, reader.Take(kLogName, at::kDouble));
  if (log.dim() != 2 || log.size(1) != kLogColumns ||
      log.size(0) != position.next_update) {
    return DataLoss(path.string() + ": the log does not fit");
  }
  position.log = LogFrom(log);
  for (size_t i = 0; i < tensors.size(); ++i) {
    RA_RETURN_IF_ERROR(
        Restore(reader, path.string(), TensorName(i), *tensors[i]));
  }
  return std::optional<RunPosition>(std::move(position));
}

}  // namespace rankadaptor::llama::internal
