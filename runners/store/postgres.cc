#include "runners/store/postgres.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <utility>

#include <libpq-fe.h>
#include <nlohmann/json.hpp>

namespace rankadaptor::runners {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

// A server that went away without a word is noticed after about half a minute,
// and one that is not there after ten seconds.
constexpr const char* kDefaults[][2] = {{"connect_timeout", "10"},
                                        {"keepalives_idle", "10"},
                                        {"keepalives_interval", "5"},
                                        {"keepalives_count", "4"},
                                        {"tcp_user_timeout", "30000"},
                                        {"client_encoding", "UTF8"},
                                        {"application_name", "rankadaptor"}};

std::string ValidText(const std::string& text) {
  std::string valid = nlohmann::json(text).dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  valid = nlohmann::json::parse(valid).get<std::string>();
  for (size_t at = 0; (at = valid.find('\0', at)) != std::string::npos;) {
    valid.replace(at, 1, kReplacement);
  }
  return valid;
}

std::string Shortest(double value) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

ErrorCode CodeOf(const std::string& state, bool connected) {
  if (!connected || state.starts_with("08") || state.starts_with("57P")) {
    return ErrorCode::kUnavailable;
  }
  if (state == "23505") return ErrorCode::kAlreadyExists;
  if (state.starts_with("53")) return ErrorCode::kResourceExhausted;
  if (state == "42501" || state == "25006") return ErrorCode::kInvalidArgument;
  return ErrorCode::kInternal;
}

// libpq's messages have several lines and end with one.
std::string OneLine(const char* message) {
  std::string line;
  for (const char* c = message; *c != '\0'; ++c) {
    const bool blank = *c == '\n' || *c == '\t' || *c == ' ';
    if (!blank) {
      line += *c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

struct Options {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
};

void FreeOptions(PQconninfoOption* options) { PQconninfoFree(options); }

// What the URL says over what it leaves to us.
Options WithDefaults(const PQconninfoOption* given) {
  Options options;
  auto add = [&options](const char* keyword, const char* value) {
    options.keywords.push_back(keyword);
    options.values.push_back(value);
  };
  for (const auto& [keyword, value] : kDefaults) add(keyword, value);
  for (; given->keyword != nullptr; ++given) {
    if (given->val != nullptr) add(given->keyword, given->val);
  }
  add(nullptr, nullptr);
  return options;
}

}  // namespace

PostgresValue::PostgresValue(int64_t value) : text_(std::to_string(value)) {}
PostgresValue::PostgresValue(int value) : text_(std::to_string(value)) {}
PostgresValue::PostgresValue(double value) : text_(Shortest(value)) {}
PostgresValue::PostgresValue(std::optional<double> value) {
  if (value) text_ = Shortest(*value);
}
PostgresValue::PostgresValue(const std::string& value)
    : text_(ValidText(value)) {}

const char* PostgresRow::Bytes(int column) const {
  return PQgetvalue(rows_, row_, column);
}

bool PostgresRow::IsNull(int column) const {
  return PQgetisnull(rows_, row_, column) != 0;
}

int64_t PostgresRow::Int(int column) const {
  return std::strtoll(Bytes(column), nullptr, 10);
}

double PostgresRow::Double(int column) const {
  return std::strtod(Bytes(column), nullptr);
}

bool PostgresRow::Bool(int column) const { return *Bytes(column) == 't'; }

std::string PostgresRow::Text(int column) const {
  return {Bytes(column), static_cast<size_t>(PQgetlength(rows_, row_, column))};
}

std::optional<double> PostgresRow::OptionalDouble(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Double(column);
}

PostgresRows::PostgresRows(pg_result* rows) : rows_(rows) {}

int PostgresRows::size() const { return PQntuples(rows_.get()); }

int64_t PostgresRows::num_affected() const {
  return std::strtoll(PQcmdTuples(rows_.get()), nullptr, 10);
}

void PostgresRows::Clearer::operator()(pg_result* rows) const { PQclear(rows); }

void PostgresConnection::Closer::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Result<PostgresConnection> PostgresConnection::Open(
    const DatabaseLocation& location) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&FreeOptions)> given(
      PQconninfoParse(location.connection.c_str(), &problem), &FreeOptions);
  if (given == nullptr) {
    const std::string message =
        problem == nullptr ? "out of memory" : OneLine(problem);
    PQfreemem(problem);
    return InvalidArgument(location.shown + ": " + message);
  }
  const Options options = WithDefaults(given.get());
  PostgresConnection opened(location.shown);
  opened.connection_.reset(PQconnectdbParams(
      options.keywords.data(), options.values.data(), /*expand_dbname=*/0));
  if (opened.connection_ == nullptr) return ResourceExhausted("out of memory");
  PGconn* connection = opened.connection_.get();
  if (PQstatus(connection) != CONNECTION_OK) {
    return Unavailable(location.shown + ": cannot be reached: " +
                       OneLine(PQerrorMessage(connection)));
  }
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
  opened.socket_ = PQsocket(connection);
  return opened;
}

Result<PostgresRows> PostgresConnection::Query(
    const std::string& statement, const std::vector<PostgresValue>& values) {
  std::vector<const char*> texts;
  for (const PostgresValue& value : values) {
    texts.push_back(value.text() ? value.text()->c_str() : nullptr);
  }
  PostgresRows rows(PQexecParams(connection_.get(),
                                 statement.c_str(),
                                 static_cast<int>(texts.size()),
                                 nullptr,
                                 texts.data(),
                                 nullptr,
                                 nullptr,
                                 /*resultFormat=*/0));
  const pg_result* result = rows.get();
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
  return ErrorOf(result);
}

Status PostgresConnection::Execute(const std::string& statements) {
  const PostgresRows rows(PQexec(connection_.get(), statements.c_str()));
  const ExecStatusType status = PQresultStatus(rows.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return {};
  return ErrorOf(rows.get());
}

bool PostgresConnection::connected() const {
  return PQstatus(connection_.get()) == CONNECTION_OK;
}

Result<bool> PostgresConnection::TakeNotifications() {
  if (PQconsumeInput(connection_.get()) == 0) return ErrorOf(nullptr);
  bool any = false;
  while (PGnotify* notification = PQnotifies(connection_.get())) {
    PQfreemem(notification);
    any = true;
  }
  return any;
}

tl::unexpected<Error> PostgresConnection::ErrorOf(
    const pg_result* result) const {
  const char* state = result == nullptr
                          ? nullptr
                          : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary =
      result == nullptr ? nullptr
                        : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string message =
      OneLine(primary != nullptr ? primary : PQerrorMessage(connection_.get()));
  return tl::unexpected(
      Error{CodeOf(state == nullptr ? "" : state, connected()),
            shown_ + ": " + message});
}

void WaitForInput(int socket, double seconds) {
  pollfd wanted{.fd = socket, .events = POLLIN, .revents = 0};
  ::poll(&wanted, 1, static_cast<int>(seconds * 1000));
}

}  // namespace rankadaptor::runners
