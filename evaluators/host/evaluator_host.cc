// rankadaptor-evaluator-host FILE: the process around an evaluator in a shared
// library (docs/protocol.md). Without a space it only says what the library
// says of itself.
#include <cstdio>

#include "rankadaptor/plugin/plugin_library.h"
#include "rankadaptor/process/serve_evaluator.h"

namespace rankadaptor::plugin {
namespace {

Result<process::ServedEvaluator> Serve(const std::filesystem::path& file,
                                       process::EvaluatorRequest request) {
  RA_ASSIGN_OR_RETURN(const PluginLibrary library, PluginLibrary::Open(file));
  process::ServedEvaluator served{
      .evaluator = nullptr,
      .capabilities = {.name = library.name(),
                       .version = library.version(),
                       .thread_safe = library.thread_safe(),
                       .deterministic = library.deterministic()},
      .space = std::move(request.space),
      .build = library.build(),
      .wants_process = library.wants_process()};
  if (served.space) {
    RA_ASSIGN_OR_RETURN(served.evaluator,
                        library.MakeEvaluator(*served.space, request.config));
  }
  return served;
}

int Run(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: rankadaptor-evaluator-host FILE\n");
    return 2;
  }
  const process::ProtocolPipes pipes = process::TakeStandardPipes();
  const Status served = process::ServeEvaluator(
      pipes, [file = argv[1]](process::EvaluatorRequest request) {
        return Serve(file, std::move(request));
      });
  if (served) return 0;
  std::fprintf(stderr, "%s\n", served.error().message.c_str());
  return 1;
}

}  // namespace
}  // namespace rankadaptor::plugin

int main(int argc, char** argv) { return rankadaptor::plugin::Run(argc, argv); }
