#include "runners/commands/studies_command.h"

#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"

#include "runners/report/html_report.h"
#include "runners/store/study_location.h"
#include "runners/store/study_places.h"
#include "runners/study/stored_study.h"
#include "runners/study/study_files.h"
#include "runners/study/study_json.h"
#include "runners/study/study_overview.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

constexpr char kPlace[] =
    "A study file, or postgresql://user@host/database?study=name";

}  // namespace

StudiesCommand::StudiesCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "studies", "List, show, copy, export and delete stored studies")) {
  app().require_subcommand(1);
  CLI::App* list = app().add_subcommand("list", "Studies of a place");
  list->add_option("place",
                   place_,
                   "A folder, or postgresql://user@host/database (default: "
                   "this folder)");
  CLI::App* show = app().add_subcommand("show", "What a study is");
  show->add_option("study", place_, kPlace)->required();
  CLI::App* copy = app().add_subcommand("copy", "Copy a study between stores");
  copy->add_option("from", place_, kPlace)->required();
  copy->add_option("to", target_, kPlace)->required();
  CLI::App* to_file =
      app().add_subcommand("export", "Write a study's trials as CSV or JSON");
  to_file->add_option("study", place_, kPlace)->required();
  to_file->add_option("--out", out_, "File that ends in .csv or .json")
      ->required();
  CLI::App* remove = app().add_subcommand("delete", "Delete a study");
  remove->add_option("study", place_, kPlace)->required();
  remove->add_option(
      "--confirm", confirmed_, "The study's name: yes, delete this one");
  list_ = list;
  show_ = show;
  copy_ = copy;
  export_ = to_file;
}

Status StudiesCommand::Run(CommandContext& /*context*/) {
  if (list_->parsed()) return List();
  if (show_->parsed()) return Show();
  if (copy_->parsed()) return Copy();
  return export_->parsed() ? Export() : Delete();
}

Status StudiesCommand::List() const {
  RA_ASSIGN_OR_RETURN(const std::vector<std::string> places,
                      ListStudies(place_.empty() ? "." : place_));
  Print(StudiesAsText(places));
  return {};
}

Status StudiesCommand::Show() const {
  RA_ASSIGN_OR_RETURN(const StudyPage page, ReadStudyPage(place_));
  Print(OverviewAsText(page));
  return {};
}

Status StudiesCommand::Copy() const {
  RA_RETURN_IF_ERROR(CopyStudy(place_, target_));
  PrintLine("copied to " + ShownPlace(target_));
  return {};
}

Status StudiesCommand::Export() const {
  const std::string extension = out_.extension().string();
  if (extension != ".csv" && extension != ".json") {
    return InvalidArgument("--out " + out_.string() +
                           ": ends in neither .csv nor .json");
  }
  RA_RETURN_IF_ERROR(CheckFolderOf(out_));
  RA_ASSIGN_OR_RETURN(StudyPage page, ReadStudyPage(place_));
  const std::string text =
      extension == ".csv" ? TrialsCsv({page}) : StudyAsJson(page);
  RA_RETURN_IF_ERROR(WriteFileAtomically(out_, text));
  PrintLine("written: " + out_.string());
  return {};
}

Status StudiesCommand::Delete() const {
  RA_ASSIGN_OR_RETURN(const std::string name, StudyName(place_));
  if (confirmed_ != name) {
    RA_ASSIGN_OR_RETURN(const std::unique_ptr<StudyStore> store,
                        OpenStudyToRead(place_));
    RA_ASSIGN_OR_RETURN(const auto order, store->LoadAppendOrder());
    return InvalidArgument(ShownPlace(place_) + ": has " +
                           std::to_string(order.size()) +
                           " trials and is deleted only if that is said "
                           "twice: --confirm '" +
                           name + "'");
  }
  RA_RETURN_IF_ERROR(DeleteStudy(place_));
  PrintLine("deleted: " + ShownPlace(place_));
  return {};
}

}  // namespace rankadaptor::runners
