// How fast a model is loaded, and with how much memory:
//
//   bench_loading FOLDER [float32|bfloat16]
//
// Prints the seconds, the rate at which the files were read and the process's
// peak memory over the size of the weights in memory (1: not a byte more).
#include <cstdio>
#include <filesystem>
#include <string>

#include <sys/resource.h>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/llama/model.h"

namespace rankadaptor {
namespace {

double FileBytes(const std::string& folder) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") {
      bytes += static_cast<double>(entry.file_size());
    }
  }
  return bytes;
}

double PeakBytes() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

Status Run(const std::string& folder, const std::string& dtype_name) {
  RA_ASSIGN_OR_RETURN(llama::Dtype dtype, llama::ParseDtype(dtype_name));
  const double before = PeakBytes();
  const double begin = SystemClock().MonotonicSeconds();
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(folder, {.dtype = dtype}));
  const double seconds = SystemClock().MonotonicSeconds() - begin;
  const double weights = static_cast<double>(model.NumParameters()) *
                         (dtype == llama::Dtype::kFloat32 ? 4 : 2);
  std::printf(
      "%.2f s, %.2f GB/s, weights %.2f GB, peak / weights %.3f (%.2f GB before "
      "loading)\n",
      seconds,
      FileBytes(folder) / seconds / 1e9,
      weights / 1e9,
      PeakBytes() / weights,
      before / 1e9);
  return {};
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: bench_loading FOLDER [float32|bfloat16]\n");
    return 2;
  }
  const rankadaptor::Status status =
      rankadaptor::Run(argv[1], argc == 3 ? argv[2] : "bfloat16");
  if (status.has_value()) return 0;
  std::fprintf(stderr, "bench_loading: %s\n", status.error().message.c_str());
  return 2;
}
