// rankadaptor export STUDY|DIR [--trial best|ID] [--model DIR]
//                    --format peft|merged|pruned [--uniform-rank N] --out DIR
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_EXPORT_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_EXPORT_COMMAND_H_

#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model.h"

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Writes what a study found, or an adapter, in a form that others read.
class ExportCommand final : public Command {
 public:
  explicit ExportCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  // A model with its adapter and where they come from.
  struct Found {
    llama::Model model;
    llama::Dtype dtype = llama::Dtype::kFloat32;
    std::filesystem::path model_folder;  // has the tokenizer
    std::optional<llama::KeptIndices> kept;
    std::optional<llama::Adapter> adapter;  // not for format "pruned"
  };

  Result<Found> FindInStudy(CommandContext& context) const;
  Result<Found> FindInFolder() const;
  Status Write(const Found& found) const;
  Status WritePeft(const Found& found) const;
  Status WriteMerged(const Found& found) const;
  Status WritePruned(const Found& found) const;

  std::filesystem::path source_;
  std::filesystem::path model_;
  std::filesystem::path out_;
  std::string trial_ = "best";
  std::string format_;
  std::optional<int> uniform_rank_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_EXPORT_COMMAND_H_
