#include "runners/commands/generate_command.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/llama/prompts_file.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// Stands for "none" in the list of adapters.
constexpr const char* kNoAdapter = "-";

// The text that the new ids add to the prompt's.
Result<std::string> NewText(const std::vector<int32_t>& prompt,
                            const std::vector<int32_t>& generated,
                            const llama::Tokenizer& tokenizer) {
  std::vector<int32_t> all = prompt;
  all.insert(all.end(), generated.begin(), generated.end());
  RA_ASSIGN_OR_RETURN(const std::string before, tokenizer.Decode(prompt));
  RA_ASSIGN_OR_RETURN(std::string whole, tokenizer.Decode(all));
  return whole.substr(std::min(before.size(), whole.size()));
}

std::string Label(const std::string& model, const std::string& adapter) {
  return adapter == kNoAdapter ? model : model + " + " + adapter;
}

}  // namespace

GenerateCommand::GenerateCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "generate", "Let models continue prompts, side by side")) {
  CLI::App& a = app();
  a.add_option("--model", models_, "Hugging Face folder; repeat for more")
      ->required()
      ->allow_extra_args(false);
  a.add_option("--adapter",
               adapters_,
               "PEFT folder of each --model, in order; - for none")
      ->allow_extra_args(false);
  a.add_option("--prompts",
               prompts_file_,
               "A prompt a line, or .jsonl with a \"prompt\" a line")
      ->required();
  a.add_option("--out", out_, "Page to write: .html or .md; default: stdout");
  a.add_option("--max-new-tokens", options_.max_new_tokens, "At most")
      ->capture_default_str();
  a.add_option("--temperature", options_.temperature, "0: greedy")
      ->capture_default_str();
  a.add_option("--top-k", options_.top_k, "Draw from as many; 0: all")
      ->capture_default_str();
  a.add_option("--top-p", options_.top_p, "Draw from this probability mass")
      ->capture_default_str();
  a.add_option("--seed", options_.seed, "Of what is drawn")
      ->capture_default_str();
  a.add_option("--bos", bos_, "Begin each prompt with BOS")
      ->type_name("true|false")
      ->default_str("true");
  a.add_option("--dtype", dtype_, "float32 or bfloat16")->capture_default_str();
  a.add_option("--device", device_, "cpu or cuda")->capture_default_str();
}

Status GenerateCommand::CheckArguments() const {
  RA_RETURN_IF_ERROR(llama::CheckGenerationOptions(options_));
  if (!adapters_.empty() && adapters_.size() != models_.size()) {
    return InvalidArgument(
        "--adapter is given " + std::to_string(adapters_.size()) +
        " times, --model " + std::to_string(models_.size()) +
        " times; allowed: none, or one for each model (- for none)");
  }
  const fs::path extension = out_.extension();
  if (out_.empty() || extension == ".html" || extension == ".md") return {};
  return InvalidArgument(out_.string() +
                         ": a page is .html or .md; allowed: either ending");
}

Status GenerateCommand::Run(CommandContext& context) {
  RA_RETURN_IF_ERROR(CheckArguments());
  RA_ASSIGN_OR_RETURN(const std::vector<std::string> prompts,
                      ReadPromptsFile(prompts_file_));
  GenerationPage page{.prompts = prompts};
  for (size_t i = 0; i < models_.size(); ++i) {
    RA_ASSIGN_OR_RETURN(GeneratedColumn column, Column(i, prompts, context));
    page.columns.push_back(std::move(column));
  }
  context.terminal.Transient("");
  if (out_.empty()) {
    Print(PageAsText(page));
    return {};
  }
  RA_RETURN_IF_ERROR(WriteFileAtomically(
      out_,
      out_.extension() == ".html" ? PageAsHtml(page) : PageAsMarkdown(page)));
  for (const GeneratedColumn& column : page.columns) {
    PrintLine(column.label + ": " + FormatCount(column.num_tokens) +
              " tokens, " + FormatScore(column.tokens_per_second) +
              " a second");
  }
  PrintLine("page: " + out_.string());
  return {};
}

Result<GeneratedColumn> GenerateCommand::Column(
    size_t index,
    const std::vector<std::string>& prompts,
    CommandContext& context) const {
  const std::string adapter_folder =
      adapters_.empty() ? kNoAdapter : adapters_[index];
  llama::ModelOptions model_options;
  RA_ASSIGN_OR_RETURN(model_options.dtype, llama::ParseDtype(dtype_));
  RA_ASSIGN_OR_RETURN(model_options.device, llama::ParseDeviceKind(device_));
  RA_RETURN_IF_ERROR(llama::OpenDevice(model_options.device));
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(models_[index]));
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(models_[index], model_options));
  RA_RETURN_IF_ERROR(llama::CheckVocabulary(tokenizer, model.config()));
  std::optional<llama::Adapter> adapter;
  if (adapter_folder != kNoAdapter) {
    RA_ASSIGN_OR_RETURN(adapter, llama::Adapter::Load(adapter_folder, model));
  }
  GeneratedColumn column{.label = Label(models_[index], adapter_folder)};
  llama::GenerationOptions options = options_;
  options.cancellation = &context.cancellation;
  const double start = SystemClock().MonotonicSeconds();
  for (const std::string& prompt : prompts) {
    context.terminal.Transient(column.label + ": prompt " +
                               std::to_string(column.texts.size() + 1));
    RA_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.Encode(prompt));
    if (bos_ && tokenizer.bos_id() >= 0) {
      ids.insert(ids.begin(), tokenizer.bos_id());
    }
    RA_ASSIGN_OR_RETURN(
        llama::Generation generation,
        llama::Generate(model, adapter ? &*adapter : nullptr, ids, options));
    column.num_tokens += std::ssize(generation.ids);
    RA_ASSIGN_OR_RETURN(std::string text,
                        NewText(ids, generation.ids, tokenizer));
    column.texts.push_back(std::move(text));
  }
  const double seconds = SystemClock().MonotonicSeconds() - start;
  if (seconds > 0) {
    column.tokens_per_second = static_cast<double>(column.num_tokens) / seconds;
  }
  return column;
}

}  // namespace rankadaptor::runners
