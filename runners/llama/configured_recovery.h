// Recovery as a config says: the data and the options of the training.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_RECOVERY_H_
#define RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_RECOVERY_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adalora.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/recovery_method.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/llama.pb.h"
#include "rankadaptor/v1/recover.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// kInvalidArgument for a field that is for another kind of data than is given,
// kNotFound if the file is not there.
Status CheckRecoveryData(const v1::RecoveryData& data,
                         const ConfigField& field);

// How examples, and how texts, become rows.
llama::InstructionOptions InstructionOptionsFrom(const v1::RecoveryData& data);
llama::TextOptions TextOptionsFrom(const v1::RecoveryData& data);

// Reads and tokenises the rows, after CheckRecoveryData().
Result<llama::RecoveryData> LoadRecoveryData(const v1::RecoveryData& data,
                                             const ConfigField& field,
                                             const llama::Tokenizer& tokenizer);

// Without a seed: that is the caller's. `checkpoints` is the folder that runs
// keep theirs in, if the config lets them; empty: none.
llama::RecoveryOptions RecoveryOptionsFrom(
    const v1::Recovery& recovery,
    const std::filesystem::path& checkpoints = {});

// How short a trial may be: what is given, or [0.25, 1] where a recovery is
// long, else [1].
std::vector<double> FidelitiesFrom(
    const google::protobuf::RepeatedField<double>& fidelities,
    const v1::Recovery& recovery);

// "150 steps, 12,345 rows, 614,400 tokens": what one recovery is.
std::string RecoveryText(const llama::RecoveryData& data,
                         const llama::RecoveryOptions& options);

llama::LoraOptions LoraOptionsFrom(const v1::Recovery& recovery,
                                   std::vector<int> ranks);

llama::AdaLoraOptions AdaLoraOptionsFrom(const v1::AdaLora& adalora,
                                         const v1::Lora& lora);

// The method that a `recover` config names, uniform rank 8 if none, for a model
// of so many layers. kInvalidArgument if it names two, or a number of quarters
// that is not four.
Result<llama::RecoveryMethod> RecoveryMethodFrom(
    const v1::RecoverConfig& config, const ConfigField& field, int num_layers);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_RECOVERY_H_
