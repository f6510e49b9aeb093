#include "runners/study/shared_search.h"

#include <utility>

#include "rankadaptor/common/version.h"

#include "runners/config/config_reader.h"
#include "runners/config/config_text.h"
#include "runners/store/postgres_store.h"
#include "runners/store/study_location.h"
#include "runners/study/configured_search.h"
#include "runners/worker/queue_runner.h"
#include "runners/worker/shared_study.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

Status CheckVersion(const PostgresStore& store, const std::string& place) {
  if (store.program_version() == kVersion) return {};
  return FailedPrecondition(
      place + ": was made by rankadaptor " + store.program_version() +
      ", this is " + kVersion +
      "; all workers of a study need the version that made it");
}

std::string ArtifactPrefix(const LoadedStudy& loaded) {
  const std::string worker = WorkerName();
  std::error_code ignored;
  return worker.substr(0, worker.find(':') + 1) +
         fs::absolute(loaded.files.artifacts, ignored).string() + "/";
}

}  // namespace

Result<LoadedStudy> LoadSharedStudy(const std::string& url,
                                    const fs::path& artifacts) {
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location, ParseDatabaseUrl(url));
  RA_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store,
                      PostgresStore::Open(location));
  RA_RETURN_IF_ERROR(CheckVersion(*store, location.shown));
  const StudyHeader& header = store->header();
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(
      ConfigSource source,
      ReadConfig(header.config, header.config_file, {}, &config));
  RA_ASSIGN_OR_RETURN(StudyFiles files, StudyFilesAt(url, header.config_file));
  if (!artifacts.empty()) files.artifacts = artifacts;
  LoadedStudy loaded{.config = std::move(config),
                     .source = std::move(source),
                     .config_file = header.config_file,
                     .files = std::move(files),
                     .plan = nullptr,
                     .place = url,
                     .store = std::move(store)};
  RA_RETURN_IF_ERROR(CheckCanBeShared(loaded));
  RA_ASSIGN_OR_RETURN(loaded.plan,
                      MakeEvaluatorPlan(loaded.config, loaded.source));
  return loaded;
}

Status ReopenSharedStudy(LoadedStudy& loaded) {
  auto* store = dynamic_cast<PostgresStore*>(loaded.store.get());
  if (store == nullptr) return {};
  const std::string place = loaded.files.database.string();
  RA_RETURN_IF_ERROR(CheckVersion(*store, place));
  const std::string config = FormatConfig(loaded.config);
  if (config != store->header().config) {
    RA_ASSIGN_OR_RETURN(const int num_workers, store->CountWorkers());
    if (num_workers > 0) {
      return Unavailable(place + ": " + std::to_string(num_workers) +
                         " workers are at it with another config; stop them, "
                         "or leave the config as it was");
    }
    RA_RETURN_IF_ERROR(store->ReplaceConfig(loaded.config.seed(), config));
  }
  return MarkUndone(*store);
}

Result<std::optional<StudySummary>> WorkOn(
    PreparedStudy& study,
    const SharedSearchOptions& options,
    LogSink& log,
    const CancellationFlag& cancellation) {
  const LoadedStudy& loaded = study.loaded;
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location,
                      ParseDatabaseUrl(loaded.place));
  SharedStudyParts parts;
  parts.space = &loaded.plan->space();
  parts.options = StudyOptionsFrom(loaded.config, *loaded.plan);
  parts.evaluator = study.evaluator.get();
  parts.make_strategy = [&loaded] {
    return MakeConfiguredStrategy(loaded.config, *loaded.plan);
  };
  parts.cancellation = &cancellation;
  parts.log = &log;
  parts.observers = options.observers;
  parts.observers.push_back(study.memory.get());
  return SharedStudy(location,
                     std::move(parts),
                     {.lease_seconds = options.lease_seconds,
                      .artifact_prefix = ArtifactPrefix(loaded),
                      .wants_summary = options.wants_summary})
      .Work();
}

}  // namespace rankadaptor::runners
