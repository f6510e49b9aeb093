#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/safetensors.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr const char* kScript = "experiments/convert/convert_checkpoint.py";

using WeightMap = std::map<std::string, std::string>;  // tensor -> shard

// --- The index ---------------------------------------------------------------

// A shard lies beside its index; anything that could lead elsewhere is refused.
bool IsShardName(std::string_view name) {
  return name.ends_with(".safetensors") &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

Result<WeightMap> ReadIndex(const fs::path& file) {
  constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file, kMaxBytes));
  RA_ASSIGN_OR_RETURN(nlohmann::json root,
                      internal::ParseJsonObject(text, file.string()));
  const internal::JsonFields fields(root, file.string());
  RA_ASSIGN_OR_RETURN(internal::JsonFields weight_map,
                      fields.Nested("weight_map"));
  WeightMap shards;
  for (const auto& [tensor, shard] : weight_map.object().items()) {
    if (!shard.is_string() ||
        !IsShardName(shard.get_ref<const std::string&>())) {
      return DataLoss(file.string() + ": weight_map[" + Quote(tensor) +
                      "] = " + internal::JsonForMessage(shard) +
                      " is not the name of a .safetensors file in the same "
                      "folder");
    }
    shards.emplace(tensor, shard.get<std::string>());
  }
  return shards;
}

// What `shard` holds must be what the index says is in it.
Status CheckShard(const fs::path& folder,
                  const std::string& shard,
                  const SafetensorsFile& file,
                  const WeightMap& weight_map) {
  const std::string place = (folder / shard).string();
  for (const auto& [tensor, view] : file.tensors()) {
    auto entry = weight_map.find(tensor);
    if (entry == weight_map.end()) {
      return DataLoss(place + ": holds tensor " + Quote(tensor) + ", which " +
                      kIndexFile + " does not name");
    }
    if (entry->second != shard) {
      return DataLoss(place + ": holds tensor " + Quote(tensor) + ", which " +
                      kIndexFile + " places in " + Quote(entry->second));
    }
  }
  for (const auto& [tensor, name] : weight_map) {
    if (name == shard && !file.tensors().contains(tensor)) {
      return DataLoss(place + ": has no tensor " + Quote(tensor) + ", which " +
                      kIndexFile + " places there");
    }
  }
  return {};
}

Result<std::vector<SafetensorsFile>> OpenShards(const fs::path& folder) {
  RA_ASSIGN_OR_RETURN(WeightMap weight_map, ReadIndex(folder / kIndexFile));
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : weight_map) shards.insert(shard);
  std::vector<SafetensorsFile> files;
  for (const std::string& shard : shards) {
    RA_ASSIGN_OR_RETURN(SafetensorsFile file,
                        SafetensorsFile::Open(folder / shard));
    RA_RETURN_IF_ERROR(CheckShard(folder, shard, file, weight_map));
    files.push_back(std::move(file));
  }
  return files;
}

// --- Folders without safetensors ---------------------------------------------

// The first pickled weight file in alphabetical order, or nothing.
std::string FindPickle(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code code;
  for (fs::directory_iterator i(folder, code), end; !code && i != end;
       i.increment(code)) {
    const std::string extension = i->path().extension().string();
    if (extension == ".bin" || extension == ".pt" || extension == ".pth") {
      names.insert(i->path().filename().string());
    }
  }
  auto weights = std::ranges::find_if(names, [](const std::string& name) {
    return name.starts_with("pytorch_model");
  });
  if (weights != names.end()) return *weights;
  return names.empty() ? "" : *names.begin();
}

// What to do about a folder that has only `pickle`.
std::string WayOut(const fs::path& folder, const std::string& pickle) {
  if (!pickle.starts_with("pytorch_model")) {
    return std::string(kScript) + " converts pytorch_model*.bin only";
  }
  return ConversionCommand(folder);
}

tl::unexpected<Error> NoWeights(const fs::path& folder) {
  std::error_code code;
  if (!fs::is_directory(folder, code)) {
    return NotFound(folder.string() + ": no such folder");
  }
  const std::string pickle = FindPickle(folder);
  if (pickle.empty()) {
    return NotFound(folder.string() + ": has neither " + kSingleFile + " nor " +
                    kIndexFile);
  }
  return InvalidArgument(
      folder.string() + ": has only pickled weights (" + pickle +
      "), which are never loaded because reading a pickle can run any code "
      "in it; " +
      WayOut(folder, pickle));
}

Result<std::vector<SafetensorsFile>> OpenFiles(const fs::path& folder) {
  std::error_code code;
  if (fs::exists(folder / kSingleFile, code)) {
    RA_ASSIGN_OR_RETURN(SafetensorsFile file,
                        SafetensorsFile::Open(folder / kSingleFile));
    std::vector<SafetensorsFile> files;
    files.push_back(std::move(file));
    return files;
  }
  if (fs::exists(folder / kIndexFile, code)) return OpenShards(folder);
  return NoWeights(folder);
}

}  // namespace

std::string ConversionCommand(const fs::path& folder) {
  const std::string name = (folder / "").parent_path().string();
  return "convert it once with: python3 " + std::string(kScript) + " " + name +
         " " + name + "-safetensors";
}

Result<CheckpointFiles> CheckpointFiles::Open(const fs::path& folder) {
  CheckpointFiles checkpoint;
  RA_ASSIGN_OR_RETURN(checkpoint.files_, OpenFiles(folder));
  for (const SafetensorsFile& file : checkpoint.files_) {
    checkpoint.tensors_.insert(file.tensors().begin(), file.tensors().end());
  }
  return checkpoint;
}

}  // namespace rankadaptor::llama
