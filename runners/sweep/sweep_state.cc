#include "runners/sweep/sweep_state.h"

#include <cstdio>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "runners/config/config_text.h"

namespace rankadaptor::runners {
namespace {

Result<StudyStanding> ReadStanding(const SweepPlan& plan,
                                   const SweepStudy& study,
                                   const SweepFiles& files) {
  v1::SearchConfig config;
  RA_RETURN_IF_ERROR(ReadStudyConfig(plan, study, &config));
  RA_ASSIGN_OR_RETURN(std::optional<StudyResult> result,
                      ReadStudyResult(files.ResultOf(study.name)));
  StudyStanding standing;
  std::error_code ignored;
  standing.begun =
      std::filesystem::exists(files.Study(study.name).database, ignored);
  if (!result || result->config != ConfigKey(config)) return standing;
  standing.state = result->done ? StudyState::kDone : StudyState::kFailed;
  standing.result = *std::move(result);
  return standing;
}

}  // namespace

std::string ConfigKey(const v1::SearchConfig& config) {
  char text[17];
  std::snprintf(
      text,
      sizeof text,
      "%016llx",
      static_cast<unsigned long long>(DeriveSeed(0, FormatConfig(config))));
  return text;
}

Result<std::vector<StudyStanding>> ReadStandings(const SweepPlan& plan,
                                                 const SweepFiles& files) {
  std::vector<StudyStanding> standings;
  for (const SweepStudy& study : plan.studies) {
    RA_ASSIGN_OR_RETURN(StudyStanding standing,
                        ReadStanding(plan, study, files));
    standings.push_back(std::move(standing));
  }
  return standings;
}

std::string StandingName(const StudyStanding& standing) {
  switch (standing.state) {
    case StudyState::kDone:
      return "done";
    case StudyState::kFailed:
      return "failed";
    default:
      return standing.begun ? "interrupted" : "waiting";
  }
}

}  // namespace rankadaptor::runners
