// How fast a model is loaded beside merely reading its files into memory, and
// with how much memory:
//
//   bench_loading FOLDER [float32|bfloat16] [repeats]
//
// Both are done in turns, each time in a process of its own that starts with
// nothing, so that neither warms anything up for the other but the page cache,
// which is warm for both. Prints medians: seconds of wall time and of processor
// time, the ratio of the two programs, and the peak memory of loading over the
// size of the weights in memory (1: not a byte more).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/llama/model.h"

namespace rankadaptor {
namespace {

namespace fs = std::filesystem;

struct Usage {
  double seconds = 0;
  double processor_seconds = 0;
  double peak_bytes = 0;
};

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

// What `body` takes in a process of its own; it must return true.
Usage Measure(const std::function<bool()>& body) {
  const double begin = SystemClock().MonotonicSeconds();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  rusage usage = {};
  ::wait4(child, &status, 0, &usage);
  if (status != 0) {
    std::fprintf(stderr, "bench_loading: a measurement failed\n");
    std::exit(1);
  }
  return {SystemClock().MonotonicSeconds() - begin,
          Seconds(usage.ru_utime) + Seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) * 1024};
}

std::vector<fs::path> Files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") {
      files.push_back(entry.path());
    }
  }
  return files;
}

// As `cat` does, but into memory that stays.
bool ReadAll(const std::vector<fs::path>& files) {
  std::vector<std::unique_ptr<char[]>> contents;
  for (const fs::path& file : files) {
    const size_t size = fs::file_size(file);
    contents.push_back(std::make_unique_for_overwrite<char[]>(size));
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    for (size_t done = 0; done < size;) {
      constexpr size_t kPiece = size_t{1} << 20;
      const ssize_t got = ::read(descriptor,
                                 contents.back().get() + done,
                                 std::min(kPiece, size - done));
      if (got <= 0) return false;
      done += static_cast<size_t>(got);
    }
    ::close(descriptor);
  }
  return true;
}

bool LoadModel(const fs::path& folder, llama::Dtype dtype) {
  const auto model = llama::Model::Load(folder, {.dtype = dtype});
  if (model) return true;
  std::fprintf(stderr, "bench_loading: %s\n", model.error().message.c_str());
  return false;
}

double Median(std::vector<Usage> usages, double Usage::*what) {
  std::ranges::sort(usages, {}, what);
  return usages[usages.size() / 2].*what;
}

void Print(const char* name, const std::vector<Usage>& usages) {
  std::printf("%s: %.2f s, %.2f s of processor time, peak %.3f GB\n",
              name,
              Median(usages, &Usage::seconds),
              Median(usages, &Usage::processor_seconds),
              Median(usages, &Usage::peak_bytes) / 1e9);
}

Status Run(const fs::path& folder, llama::Dtype dtype, int repeats) {
  RA_ASSIGN_OR_RETURN(const llama::LlamaConfig config,
                      llama::LoadLlamaConfig(folder));
  const double weights = static_cast<double>(llama::NumParameters(config)) *
                         (dtype == llama::Dtype::kFloat32 ? 4 : 2);
  const std::vector<fs::path> files = Files(folder);
  if (!ReadAll(files)) return NotFound(folder.string() + ": cannot be read");
  std::vector<Usage> reading;
  std::vector<Usage> loading;
  for (int i = 0; i < repeats; ++i) {
    reading.push_back(Measure([&] { return ReadAll(files); }));
    loading.push_back(Measure([&] { return LoadModel(folder, dtype); }));
  }
  Print("reading", reading);
  Print("loading", loading);
  const auto ratio = [&](double Usage::*what) {
    return Median(loading, what) / Median(reading, what);
  };
  std::printf(
      "loading / reading: %.2f of the time, %.2f of the processor time\n"
      "weights %.3f GB, peak / weights %.3f\n",
      ratio(&Usage::seconds),
      ratio(&Usage::processor_seconds),
      weights / 1e9,
      Median(loading, &Usage::peak_bytes) / weights);
  return {};
}

Status RunWith(int argc, char** argv) {
  RA_ASSIGN_OR_RETURN(const llama::Dtype dtype,
                      llama::ParseDtype(argc > 2 ? argv[2] : "bfloat16"));
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 5;
  return Run(argv[1], dtype, std::max(repeats, 1));
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fprintf(stderr,
                 "usage: bench_loading FOLDER [float32|bfloat16] [repeats]\n");
    return 2;
  }
  const rankadaptor::Status status = rankadaptor::RunWith(argc, argv);
  if (status.has_value()) return 0;
  std::fprintf(stderr, "bench_loading: %s\n", status.error().message.c_str());
  return 2;
}
