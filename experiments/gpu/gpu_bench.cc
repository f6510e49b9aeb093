// gpu_bench: CPU/GPU parity and speed of the LLaMA evaluator, for run_all.
//
//   gpu_bench parity   --model DIR --text FILE --task FILE --out FILE
//   gpu_bench recovery --model DIR --input FILE --out FILE
//   gpu_bench scoring  --model DIR --input FILE --out FILE
//
// Exit codes: 0 done; 1 failed; 2 bad usage or input, or no such device.
#include <cstdio>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"

#include "experiments/gpu/parity.h"
#include "experiments/gpu/speed.h"

namespace rankadaptor::gpu_bench {
namespace {

struct Arguments {
  ParityOptions parity;
  SpeedOptions speed;
  std::string device = "cuda";
  std::string dtype = "bfloat16";
  std::string out;
  std::function<Result<nlohmann::json>()> measure;
};

void AddCommon(CLI::App& command, std::filesystem::path& model, Arguments& a) {
  command.add_option("--model", model)->required();
  command.add_option("--device", a.device, "cpu or cuda")
      ->capture_default_str();
  command.add_option("--out", a.out, "the JSON to write")->required();
}

void AddParity(CLI::App& app, Arguments& a) {
  CLI::App* command = app.add_subcommand("parity", "CPU against the device");
  AddCommon(*command, a.parity.model, a);
  command->add_option("--text", a.parity.text)->required();
  command->add_option("--task", a.parity.task_file)->required();
  command->add_option("--rows", a.parity.num_rows)->capture_default_str();
  command->add_option("--updates", a.parity.num_updates)->capture_default_str();
  command->add_option("--documents", a.parity.num_documents)
      ->capture_default_str();
  command->callback(
      [&a] { a.measure = [&a] { return MeasureParity(a.parity); }; });
}

void AddSpeed(CLI::App& app,
              const std::string& name,
              Result<nlohmann::json> (*measure)(const SpeedOptions&),
              Arguments& a) {
  CLI::App* command = app.add_subcommand(name, "tokens per second");
  AddCommon(*command, a.speed.model, a);
  command->add_option("--input", a.speed.input)->required();
  command->add_option("--dtype", a.dtype)->capture_default_str();
  command->add_option("--rank", a.speed.rank)->capture_default_str();
  command->add_option("--micro-batch", a.speed.micro_batch_size)
      ->capture_default_str();
  command->add_option("--warmup", a.speed.num_warmup_updates)
      ->check(CLI::PositiveNumber);
  command->add_option("--updates", a.speed.num_updates)
      ->check(CLI::PositiveNumber);
  command->callback([&a, measure] {
    a.measure = [&a, measure] { return measure(a.speed); };
  });
}

Status Run(Arguments& a) {
  RA_ASSIGN_OR_RETURN(llama::DeviceKind device,
                      llama::ParseDeviceKind(a.device));
  RA_RETURN_IF_ERROR(llama::OpenDevice(device));
  a.parity.device = device;
  a.speed.where.device = device;
  RA_ASSIGN_OR_RETURN(a.speed.where.dtype, llama::ParseDtype(a.dtype));
  RA_ASSIGN_OR_RETURN(nlohmann::json result, a.measure());
  return WriteFileAtomically(a.out, result.dump(1) + "\n");
}

int ExitCode(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnavailable:
      return 2;
    default:
      return 1;
  }
}

int Main(int argc, char** argv) {
  CLI::App app("CPU/GPU parity and speed of the LLaMA evaluator");
  app.require_subcommand(1);
  Arguments arguments;
  AddParity(app, arguments);
  AddSpeed(app, "recovery", MeasureRecovery, arguments);
  AddSpeed(app, "scoring", MeasureScoring, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  Status status = Run(arguments);
  if (status.has_value()) return 0;
  std::fprintf(stderr, "gpu_bench: %s\n", status.error().message.c_str());
  return ExitCode(status.error());
}

}  // namespace
}  // namespace rankadaptor::gpu_bench

int main(int argc, char** argv) {
  return rankadaptor::gpu_bench::Main(argc, argv);
}
