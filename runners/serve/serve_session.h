// One conversation of `rankadaptor serve --stdio` (docs/serve.md): a line in, a
// line out. Nothing that comes in ends it.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_SERVE_SERVE_SESSION_H_
#define RANKADAPTOR_RUNNERS_SERVE_SERVE_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/ask_tell_study.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/strategy_factory.h"

#include "runners/serve/create_request.h"
#include "runners/serve/json_field.h"
#include "runners/store/sqlite_store.h"

namespace rankadaptor::runners {

// Makes the strategy that a request names, with `options` as far as the request
// says them.
using StrategyMaker =
    std::function<Result<std::unique_ptr<Strategy>>(const std::string& name,
                                                    const SearchSpace& space,
                                                    StrategyOptions options)>;

class ServeSession {
 public:
  explicit ServeSession(StrategyMaker make_strategy,
                        Durability durability = Durability::kPowerLoss)
      : make_strategy_(std::move(make_strategy)), durability_(durability) {}

  // The reply to a line, both without a newline. A result that was told is on
  // disk if the study has a file.
  std::string Reply(std::string_view line);

  // The same; what is wrong is an Error.
  Result<std::string> TryReply(std::string_view line);

 private:
  using Answer = Result<nlohmann::ordered_json>;

  Answer Handle(std::string_view line);
  Answer Create(const JsonField& request);
  Answer Enqueue(const JsonField& request);
  Answer Ask(const JsonField& request);
  Answer Tell(const JsonField& request);
  Answer Best(const JsonField& request);
  Answer Trials(const JsonField& request);
  Answer Importance(const JsonField& request);

  StrategyMaker make_strategy_;
  Durability durability_;
  std::optional<ServedSpace> space_;
  bool has_fidelities_ = false;  // the request named some
  std::unique_ptr<Store> store_;
  std::unique_ptr<AskTellStudy> study_;  // null until it was created
};

// The reply that says what went wrong.
std::string ErrorReply(const std::string& message);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_SERVE_SESSION_H_
