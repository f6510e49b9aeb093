// rankadaptor export STUDY|DIR [--trial best|ID] [--model DIR]
//                    --format peft|merged|pruned|padded|gguf
//                    [--dtype float32|bfloat16|float16] [--uniform-rank N]
//                    --out DIR
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_EXPORT_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_EXPORT_COMMAND_H_

#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/device.h"

#include "runners/commands/command.h"
#include "runners/llama/export_source.h"

namespace rankadaptor::runners {

// Writes what a study found, an adapter or a model in a form that others read.
class ExportCommand final : public Command {
 public:
  explicit ExportCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status CheckOptions() const;
  Result<ExportSource> FindSource(CommandContext& context) const;
  Status Write(ExportSource source, OutputFolder& out) const;
  Status WritePeft(const ExportSource& source, OutputFolder& out) const;
  Status WriteModel(const llama::Model& model,
                    const ExportSource& source,
                    OutputFolder& out) const;
  Status WriteGguf(const llama::Model& model,
                   const ExportSource& source,
                   OutputFolder& out) const;
  std::string CardText(const ExportSource& source) const;
  llama::Dtype DtypeFor(const ExportSource& source) const;

  std::filesystem::path source_;
  std::filesystem::path model_;
  std::filesystem::path out_;
  std::string trial_ = "best";
  std::string format_;
  std::optional<llama::Dtype> dtype_;  // none: as the source
  std::optional<int> uniform_rank_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_EXPORT_COMMAND_H_
