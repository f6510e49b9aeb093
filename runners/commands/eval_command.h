// rankadaptor eval --model DIR [--adapter DIR] --tasks a,b,... --data-dir DIR
//                  [--limit N] [--max-length N] [--dtype float32|bfloat16]
//                  [--preset NAME] [--batch-size N] [--device cpu|cuda]
//                  [--log-samples] [--perplexity FILE] --out DIR
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_EVAL_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_EVAL_COMMAND_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Scores a model on multiple-choice tasks or on plain text.
class EvalCommand final : public Command {
 public:
  explicit EvalCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  // What is scored, and with what.
  struct Subject {
    llama::Tokenizer tokenizer;
    llama::Model model;
    std::optional<llama::Adapter> adapter;

    const llama::Adapter* adapter_or_null() const {
      return adapter.has_value() ? &*adapter : nullptr;
    }
  };

  Result<Subject> LoadSubject() const;
  Result<llama::EncodedTask> Encode(const llama::Task& task,
                                    const Subject& subject,
                                    llama::ScoringPreset preset) const;
  Status ScoreTasks(const std::vector<llama::Task>& tasks,
                    const Subject& subject,
                    CommandContext& context) const;
  Status ScoreText(const Subject& subject, CommandContext& context) const;
  llama::ScoringOptions Options(const std::string& what,
                                CommandContext& context) const;

  std::filesystem::path model_;
  std::filesystem::path adapter_;
  std::filesystem::path data_dir_;
  std::filesystem::path text_file_;
  std::filesystem::path out_;
  std::vector<std::string> tasks_;
  std::optional<double> limit_;
  int64_t max_length_ = 0;
  int64_t batch_size_ = 0;
  std::string dtype_ = "float32";
  std::string device_ = "cpu";
  std::string preset_ = "lm_eval_0_4_bos_on";
  bool log_samples_ = false;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_EVAL_COMMAND_H_
