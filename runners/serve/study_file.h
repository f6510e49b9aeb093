// The study file of a `create` request: makes it, or goes on with it.
#ifndef RANKADAPTOR_RUNNERS_SERVE_STUDY_FILE_H_
#define RANKADAPTOR_RUNNERS_SERVE_STUDY_FILE_H_

#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"

#include "runners/store/sqlite_store.h"

namespace rankadaptor::runners {

// The file is opened for writing; null if it is not there. kInvalidArgument if
// it is not a study that `rankadaptor serve` made.
Result<std::unique_ptr<SqliteStore>> OpenStudyFile(
    const std::filesystem::path& file, Durability durability);

// The request that continues the stored study: fields that `create` does not
// give are the stored ones. kInvalidArgument names the first difference if the
// stored study is of another space, constraints or direction.
Result<nlohmann::json> ContinuedRequest(const SqliteStore& store,
                                        const std::filesystem::path& file,
                                        const nlohmann::json& create);

// Makes the file for a new study, or notes in `store` with what it goes on.
Status SaveRequest(const std::filesystem::path& file,
                   const nlohmann::json& request,
                   uint64_t seed,
                   Durability durability,
                   std::unique_ptr<SqliteStore>& store);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_STUDY_FILE_H_
