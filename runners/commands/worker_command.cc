#include "runners/commands/worker_command.h"

#include <CLI/CLI.hpp>

#include "runners/store/study_location.h"
#include "runners/study/shared_search.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {

WorkerCommand::WorkerCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "worker", "Take part in a study that many machines work on")) {
  app()
      .add_option("--study",
                  study_,
                  "postgresql://user@host/database?study=name; rankadaptor "
                  "search makes it")
      ->required();
  app().add_option("--artifacts",
                   artifacts_,
                   "Folder for the adapters of finalists that this worker "
                   "recovers (default: beside the study's config)");
  app()
      .add_option("--lease",
                  lease_seconds_,
                  "Seconds after which a trial goes to another worker if "
                  "nothing is heard of this one")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 86400.0));
}

Status WorkerCommand::Run(CommandContext& context) {
  if (!IsDatabaseUrl(study_)) {
    return InvalidArgument("--study " + study_ +
                           ": workers share a study in a database, "
                           "postgresql://user@host/database?study=name; a "
                           "study file is for one process");
  }
  RA_ASSIGN_OR_RETURN(LoadedStudy loaded, LoadSharedStudy(study_, artifacts_));
  RA_ASSIGN_OR_RETURN(
      PreparedStudy study,
      Prepare(std::move(loaded), context.log, context.cancellation));
  RA_RETURN_IF_ERROR(WorkOn(study,
                            {.lease_seconds = lease_seconds_,
                             .wants_summary = false,
                             .observers = {}},
                            context.log,
                            context.cancellation));
  PrintLine("done: " + study.loaded.files.database.string());
  return {};
}

}  // namespace rankadaptor::runners
