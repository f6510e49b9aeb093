// Tasks and held-out texts as a config names them.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_SCORING_H_
#define RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_SCORING_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/perplexity.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/llama.pb.h"

#include "runners/config/config_source.h"
#include "runners/report/objective.h"

namespace rankadaptor::runners {

// The tasks with as many documents as the config allows. Errors name the
// field.
Result<std::vector<llama::Task>> LoadTasks(const v1::Scoring& scoring,
                                           const ConfigField& field);

// kNotFound if a text is not there, kInvalidArgument if there is neither a task
// nor a text.
Status CheckHeldoutTexts(const v1::Scoring& scoring, const ConfigField& field);

llama::TokenWindowOptions TokenWindowOptionsFrom(const v1::HeldoutText& text);

Result<std::vector<llama::HeldoutText>> LoadHeldoutTexts(
    const v1::Scoring& scoring,
    const ConfigField& field,
    const llama::Tokenizer& tokenizer);

// What a search of models is for.
struct ScoredObjective {
  std::string metric;  // as evaluators name it
  Objective shown;
};

// What `objective` of an evaluator names; if that is empty, the average of the
// tasks or, without tasks, the first text. kInvalidArgument, naming `field`, if
// it is not scored.
Result<ScoredObjective> ObjectiveFrom(const std::string& objective,
                                      const v1::Scoring& scoring,
                                      const std::vector<llama::Task>& tasks,
                                      const ConfigField& field);

// For an objective that ObjectiveFrom() returned.
llama::HeldOutOptions HeldOutOptionsFrom(const v1::Scoring& scoring,
                                         const std::string& metric);

// Of `tasks` and the config's held-out texts. Errors name `field`, which is
// that of `scoring`.
Result<llama::HeldOutScorer> MakeHeldOutScorer(
    const v1::Scoring& scoring,
    const ConfigField& field,
    const std::string& metric,
    const std::vector<llama::Task>& tasks,
    const llama::Tokenizer& tokenizer);

// How texts of tasks become token ids; default: the latest harness's way.
llama::ScoringPreset ScoringPresetFrom(const v1::Scoring& scoring);

llama::ScoringOptions ScoringOptionsFrom(const v1::Scoring& scoring);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_SCORING_H_
