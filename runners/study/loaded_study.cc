#include "runners/study/loaded_study.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <utility>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/random_stream.h"

#include "runners/config/config_reader.h"
#include "runners/config/config_text.h"
#include "runners/store/postgres_store.h"
#include "runners/store/sqlite_store.h"
#include "runners/store/study_location.h"
#include "runners/study/configured_search.h"
#include "runners/study/isolated_plan.h"
#include "runners/study/past_studies.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

using Fields = std::map<std::string, std::string>;

std::string ValueIn(const Fields& fields, const std::string& name) {
  auto found = fields.find(name);
  return found == fields.end() ? "not given" : found->second;
}

// The first field, by name, that the two do not have in common.
std::optional<std::string> FirstDifference(const Fields& a, const Fields& b) {
  for (const Fields& fields : {a, b}) {
    for (const auto& [name, value] : fields) {
      if (ValueIn(a, name) != ValueIn(b, name)) return name;
    }
  }
  return std::nullopt;
}

// The stored config and this one must agree in what a trial depends on. What
// the study keeps with itself is taken from the stored one.
Status GoOnWith(const StudyStore& store,
                const std::string& study_file,
                v1::SearchConfig& config) {
  v1::SearchConfig stored;
  RA_RETURN_IF_ERROR(
      ReadConfig(store.header().config, study_file, {}, &stored));
  TakePastStudies(stored, &config);
  const Fields before = FixedFields(stored);
  const Fields now = FixedFields(config);
  const std::optional<std::string> difference = FirstDifference(before, now);
  if (!difference.has_value()) return {};
  return InvalidArgument(study_file + ": was made with " + *difference + " = " +
                         ValueIn(before, *difference) + ", the config has " +
                         ValueIn(now, *difference) +
                         "; change it back or name another --study");
}

std::string NameAndVersion(const Evaluator& evaluator) {
  return evaluator.capabilities().name + " " + evaluator.capabilities().version;
}

// Hash of all that a trial's result depends on.
std::string Fingerprint(const LoadedStudy& loaded, const Evaluator& evaluator) {
  std::string text = NameAndVersion(evaluator) + "\n";
  for (const auto& [name, value] : FixedFields(loaded.config)) {
    text += name + "=" + value + "\n";
  }
  const uint64_t hash = DeriveSeed(loaded.plan->space().Fingerprint(), text);
  char hexadecimal[17];
  std::snprintf(hexadecimal,
                sizeof hexadecimal,
                "%016llx",
                static_cast<unsigned long long>(hash));
  return hexadecimal;
}

Status CreateStore(LoadedStudy& loaded, const Evaluator& evaluator) {
  std::error_code code;
  v1::SearchConfig stored = loaded.config;
  loaded.plan->AddToStored(stored.mutable_evaluator());
  const StudyHeader header{
      .fingerprint = Fingerprint(loaded, evaluator),
      .seed = loaded.config.seed(),
      .evaluator = NameAndVersion(evaluator),
      .config = FormatConfig(stored),
      .config_file = fs::absolute(loaded.config_file, code).string(),
      .created_unix_microseconds = SystemClock().UnixMicroseconds()};
  if (!IsDatabaseUrl(loaded.place)) {
    RA_ASSIGN_OR_RETURN(loaded.store,
                        SqliteStore::Create(loaded.place, header));
    return {};
  }
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location,
                      ParseDatabaseUrl(loaded.place));
  RA_ASSIGN_OR_RETURN(loaded.store, PostgresStore::Create(location, header));
  return {};
}

Status CheckFingerprint(const LoadedStudy& loaded, const Evaluator& evaluator) {
  const StudyHeader& header = loaded.store->header();
  if (header.fingerprint == Fingerprint(loaded, evaluator)) return {};
  return InvalidArgument(loaded.files.database.string() +
                         ": was made by evaluator " + header.evaluator +
                         ", this program has " + NameAndVersion(evaluator) +
                         " or another search space; name another --study");
}

tl::unexpected<Error> ExistsAlready(const LoadedStudy& loaded) {
  return AlreadyExists(loaded.files.database.string() +
                       ": exists already; go on with --resume or name "
                       "another --study");
}

// Null if there is no such study.
Result<std::unique_ptr<StudyStore>> OpenToGoOn(const StudyRequest& request,
                                               const LoadedStudy& loaded) {
  std::unique_ptr<StudyStore> none;
  if (IsDatabaseUrl(loaded.place)) {
    RA_ASSIGN_OR_RETURN(const DatabaseLocation location,
                        ParseDatabaseUrl(loaded.place));
    auto store = PostgresStore::Open(location);
    if (store) return *std::move(store);
    if (store.error().code == ErrorCode::kNotFound) return none;
    return tl::unexpected(std::move(store).error());
  }
  std::error_code code;
  if (!fs::exists(loaded.place, code)) {
    RA_RETURN_IF_ERROR(CheckFolderOf(loaded.place));
    return none;
  }
  if (!request.resume) return ExistsAlready(loaded);
  RA_ASSIGN_OR_RETURN(auto store, SqliteStore::Open(loaded.place));
  return store;
}

Status OpenStore(const StudyRequest& request, LoadedStudy& loaded) {
  RA_ASSIGN_OR_RETURN(loaded.store, OpenToGoOn(request, loaded));
  if (loaded.store == nullptr) return {};
  const std::string place = loaded.files.database.string();
  if (!request.resume) return ExistsAlready(loaded);
  return GoOnWith(*loaded.store, place, loaded.config);
}

}  // namespace

Result<LoadedStudy> LoadStudy(const StudyRequest& request) {
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(
      ConfigSource source,
      ReadConfigFile(request.config_file, request.overrides, &config));
  return LoadStudy(request, std::move(config), std::move(source));
}

Result<LoadedStudy> LoadStudy(const StudyRequest& request,
                              v1::SearchConfig config,
                              ConfigSource source) {
  const std::string place = request.study.empty()
                                ? DefaultStudyFile(request.config_file).string()
                                : request.study;
  RA_ASSIGN_OR_RETURN(StudyFiles files,
                      StudyFilesAt(place, request.config_file));
  LoadedStudy loaded{.config = std::move(config),
                     .source = std::move(source),
                     .config_file = request.config_file,
                     .files = std::move(files),
                     .plan = nullptr,
                     .place = place,
                     .store = nullptr};
  RA_RETURN_IF_ERROR(CheckCanBeShared(loaded));
  RA_RETURN_IF_ERROR(OpenStore(request, loaded));
  RA_ASSIGN_OR_RETURN(loaded.plan,
                      MakeEvaluatorPlan(loaded.config, loaded.source));
  if (loaded.store == nullptr) {
    RA_RETURN_IF_ERROR(
        ReadPastStudies(loaded.source, *loaded.plan, &loaded.config));
  }
  RA_RETURN_IF_ERROR(CheckSearch(loaded.config, loaded.source, *loaded.plan));
  return loaded;
}

Status CheckCanBeShared(const LoadedStudy& loaded) {
  if (!IsDatabaseUrl(loaded.place)) return {};
  if (!loaded.config.evaluator().llama().has_nested_ranks()) return {};
  return InvalidArgument(loaded.files.database.string() +
                         ": evaluator.llama.nested_ranks is for studies in "
                         "files; leave it out where workers share a study");
}

Result<PreparedStudy> Prepare(LoadedStudy loaded,
                              LogSink& log,
                              const CancellationFlag& cancellation) {
  if (loaded.config.has_isolation()) {
    loaded.plan = IsolatedPlan(
        std::move(loaded.plan), loaded.config, loaded.config_file.string());
  }
  RA_ASSIGN_OR_RETURN(
      std::unique_ptr<Evaluator> evaluator,
      loaded.plan->MakeEvaluator({.log = log,
                                  .cancellation = cancellation,
                                  .artifacts = loaded.files.artifacts}));
  RA_RETURN_IF_ERROR(loaded.store == nullptr
                         ? CreateStore(loaded, *evaluator)
                         : CheckFingerprint(loaded, *evaluator));
  return PreparedStudy{.loaded = std::move(loaded),
                       .evaluator = std::move(evaluator),
                       .memory = std::make_unique<PhaseMemoryRecorder>()};
}

Result<WiredStudy> Wire(LoadedStudy loaded,
                        LogSink& log,
                        const CancellationFlag& cancellation,
                        std::vector<StudyObserver*> observers) {
  const SearchSpace& space = loaded.plan->space();
  StudyOptions options = StudyOptionsFrom(loaded.config, *loaded.plan);
  RA_ASSIGN_OR_RETURN(std::unique_ptr<Strategy> strategy,
                      MakeConfiguredStrategy(loaded.config, *loaded.plan));
  RA_ASSIGN_OR_RETURN(PreparedStudy prepared,
                      Prepare(std::move(loaded), log, cancellation));
  RA_ASSIGN_OR_RETURN(Preview preview, prepared.loaded.plan->MakePreview());
  for (const SourceStudy& source : preview.sources) {
    prepared.num_previewed =
        std::max(prepared.num_previewed, std::ssize(source.values));
  }
  prepared.preview_seconds = preview.seconds;
  std::ranges::move(preview.sources, std::back_inserter(options.sources));
  StudyParts parts;
  parts.evaluator = prepared.evaluator.get();
  parts.store = prepared.loaded.store.get();
  parts.strategy = std::move(strategy);
  parts.cancellation = &cancellation;
  parts.log = &log;
  parts.observers = std::move(observers);
  parts.observers.push_back(prepared.memory.get());
  RA_ASSIGN_OR_RETURN(
      std::unique_ptr<Study> study,
      Study::Create(std::move(options), space, std::move(parts)));
  return WiredStudy{std::move(prepared), std::move(study)};
}

TrialCounts MaxTrials(const LoadedStudy& loaded) {
  const StudyOptions options = StudyOptionsFrom(loaded.config, *loaded.plan);
  const auto num_baselines = static_cast<int>(options.baselines.size());
  // The best observed configuration is one more finalist.
  const int num_candidates = options.num_recommended + 1 + num_baselines;
  return {.search = options.max_trials,
          .confirmation = num_candidates * options.num_confirm_seeds};
}

}  // namespace rankadaptor::runners
