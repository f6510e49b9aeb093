#include "runners/commands/export_command.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/export.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// As DtypeName() calls them.
constexpr std::array kDtypes = {
    llama::Dtype::kFloat32, llama::Dtype::kBFloat16, llama::Dtype::kFloat16};

std::vector<std::string> DtypeNames() {
  std::vector<std::string> names;
  for (llama::Dtype dtype : kDtypes) names.push_back(llama::DtypeName(dtype));
  return names;
}

// `name` is one of DtypeNames().
llama::Dtype DtypeOf(const std::string& name) {
  return *std::ranges::find(kDtypes, name, llama::DtypeName);
}

// The weights with the adapter, if there is one, folded in. Takes the model out
// of `source`, so that there is no second copy.
Result<llama::Model> TakeMerged(ExportSource& source) {
  if (!source.adapter) return std::move(source.model);
  return llama::Merge(std::move(source.model), *source.adapter);
}

// What traces the heads and channels that are left to those of the dense model.
Status WriteKept(const ExportSource& source, const fs::path& folder) {
  if (!source.kept) return {};
  RA_RETURN_IF_ERROR(WriteFileAtomically(
      folder / "dense_config.json",
      llama::FormatLlamaConfig(source.dense, DtypeName(source.dtype))));
  return WriteFileAtomically(folder / "kept_indices.json",
                             llama::FormatKeptIndices(*source.kept));
}

}  // namespace

ExportCommand::ExportCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "export", "Write an adapter or a model for other programs")) {
  app()
      .add_option(
          "source", source_, "A study, an adapter's folder or a model's")
      ->required();
  app()
      .add_option("--trial", trial_, "best, or a trial of the study by number")
      ->capture_default_str();
  app().add_option("--model",
                   model_,
                   "The adapter's model (default: what its config names)");
  app()
      .add_option("--format",
                  format_,
                  "peft: the adapter; merged: the model with the adapter "
                  "folded in; pruned: the model without it; padded: as merged, "
                  "zeros give all layers one shape, for stock transformers; "
                  "gguf: as merged, for llama.cpp")
      ->required()
      ->check(CLI::IsMember({"peft", "merged", "pruned", "padded", "gguf"}));
  app()
      .add_option_function<std::string>(
          "--dtype",
          [this](const std::string& name) { dtype_ = DtypeOf(name); },
          "Of the weights (default: as in the study or the model's "
          "files); adapters are float32")
      ->check(CLI::IsMember(DtypeNames()));
  app()
      .add_option("--uniform-rank",
                  uniform_rank_,
                  "For --format peft: pad every module to this rank, with one "
                  "alpha; the same function, for servers that read no "
                  "rank_pattern")
      ->check(CLI::Range(1, 65536));
  app().add_option("--out", out_, "Folder to write")->required();
}

Status ExportCommand::Run(CommandContext& context) {
  RA_RETURN_IF_ERROR(CheckOptions());
  RA_ASSIGN_OR_RETURN(ExportSource source, FindSource(context));
  const std::string card = CardText(source);
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(out_));
  RA_RETURN_IF_ERROR(Write(std::move(source), out));
  RA_RETURN_IF_ERROR(WriteFileAtomically(out.path() / "README.md", card));
  RA_RETURN_IF_ERROR(out.Commit());
  PrintLine(format_ + ": " + out_.string());
  return {};
}

Status ExportCommand::CheckOptions() const {
  if (uniform_rank_ && format_ != "peft") {
    return InvalidArgument("--uniform-rank is for --format peft, not " +
                           format_);
  }
  if (dtype_ && format_ == "peft") {
    return InvalidArgument(
        "--dtype is not for --format peft: adapters are float32");
  }
  return {};
}

Result<ExportSource> ExportCommand::FindSource(CommandContext& context) const {
  std::error_code ignored;
  if (!fs::is_directory(source_, ignored)) {
    return ExportSourceInStudy(source_, trial_, format_ != "pruned", context);
  }
  if (fs::exists(source_ / "adapter_config.json", ignored)) {
    if (format_ != "pruned") {
      return ExportSourceInAdapter(source_, model_, dtype_);
    }
    return InvalidArgument("--format pruned is for studies and models; " +
                           source_.string() + " is an adapter's folder");
  }
  if (format_ == "peft" || format_ == "merged") {
    return InvalidArgument("--format " + format_ +
                           " is for studies and adapters; " + source_.string() +
                           " is no adapter's folder (it has no "
                           "adapter_config.json)");
  }
  return ExportSourceInModel(source_, dtype_);
}

Status ExportCommand::Write(ExportSource source, OutputFolder& out) const {
  if (format_ == "peft") return WritePeft(source, out);
  if (format_ == "pruned" && !source.kept && source.study) {
    return InvalidArgument(source_.string() + ": its study pruned nothing; " +
                           source.model_folder.string() + " is the model");
  }
  RA_ASSIGN_OR_RETURN(llama::Model model, TakeMerged(source));
  if (format_ == "gguf") return WriteGguf(model, source, out);
  if (format_ == "padded") {
    RA_ASSIGN_OR_RETURN(model, llama::PadToUniformShape(std::move(model)));
  }
  return WriteModel(model, source, out);
}

Status ExportCommand::WritePeft(const ExportSource& source,
                                OutputFolder& out) const {
  llama::Adapter adapter = *source.adapter;
  if (uniform_rank_) {
    RA_ASSIGN_OR_RETURN(adapter,
                        llama::PadToUniformRank(
                            adapter, source.model.config(), *uniform_rank_));
  }
  return adapter.Save(out.path(), source.model_folder.string());
}

Status ExportCommand::WriteModel(const llama::Model& model,
                                 const ExportSource& source,
                                 OutputFolder& out) const {
  RA_RETURN_IF_ERROR(model.Save(out.path(), DtypeFor(source)));
  RA_RETURN_IF_ERROR(WriteKept(source, out.path()));
  return llama::CopyTokenizerFiles(source.model_folder, out.path());
}

Status ExportCommand::WriteGguf(const llama::Model& model,
                                const ExportSource& source,
                                OutputFolder& out) const {
  const llama::GgufOptions options{
      .dtype = DtypeFor(source),
      .name = source.model_folder.filename().string()};
  RA_RETURN_IF_ERROR(llama::WriteGguf(
      model, source.model_folder, options, out.path() / "model.gguf"));
  return WriteKept(source, out.path());
}

std::string ExportCommand::CardText(const ExportSource& source) const {
  ModelCard card{.format = format_,
                 .base_model = source.base_model,
                 .dense = source.dense,
                 .config = source.model.config(),
                 .kept = source.kept,
                 .dtype = DtypeFor(source),
                 .adapter = std::nullopt,
                 .study = source.study};
  if (source.adapter) {
    card.adapter =
        CardAdapter{.ranks = source.adapter->ranks(),
                    .num_parameters = source.adapter->NumParameters(),
                    .uniform_rank = uniform_rank_};
  }
  return FormatModelCard(card);
}

llama::Dtype ExportCommand::DtypeFor(const ExportSource& source) const {
  return dtype_.value_or(source.dtype);
}

}  // namespace rankadaptor::runners
