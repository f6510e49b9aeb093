// Tasks and held-out texts as a config names them.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_SCORING_H_
#define RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_SCORING_H_

#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/llama_evaluator.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/llama.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// The tasks with as many documents as the config allows. Errors name the
// field.
Result<std::vector<llama::Task>> LoadTasks(const v1::Scoring& scoring,
                                           const ConfigField& field);

// kNotFound if a text is not there, kInvalidArgument if there is neither a task
// nor a text.
Status CheckHeldoutTexts(const v1::Scoring& scoring, const ConfigField& field);

Result<std::vector<llama::HeldoutText>> LoadHeldoutTexts(
    const v1::Scoring& scoring,
    const ConfigField& field,
    const llama::Tokenizer& tokenizer);

llama::ScoringOptions ScoringOptionsFrom(const v1::Scoring& scoring);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_SCORING_H_
