#include "runners/store/sqlite.h"

#include <sqlite3.h>

namespace rankadaptor::runners {
namespace {

constexpr int kBusyTimeoutMilliseconds = 10'000;

ErrorCode CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kDataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return ErrorCode::kResourceExhausted;
    case SQLITE_CONSTRAINT:
      return ErrorCode::kAlreadyExists;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kInternal;
  }
}

// The connection's last error; a message starts with the file.
tl::unexpected<Error> LastError(sqlite3* connection) {
  const char* file = sqlite3_db_filename(connection, "main");
  return tl::unexpected(Error{CodeOf(sqlite3_extended_errcode(connection)),
                              std::string(file == nullptr ? "" : file) + ": " +
                                  sqlite3_errmsg(connection)});
}

}  // namespace

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void SqliteStatement::Bind(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
}

void SqliteStatement::Bind(int index, std::optional<double> value) {
  if (value.has_value()) {
    Bind(index, *value);
  } else {
    sqlite3_bind_null(statement_.get(), index);
  }
}

void SqliteStatement::Bind(int index, const std::string& value) {
  sqlite3_bind_text64(statement_.get(),
                      index,
                      value.data(),
                      value.size(),
                      SQLITE_TRANSIENT,
                      SQLITE_UTF8);
}

Result<bool> SqliteStatement::Step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    Reset();
    return false;
  }
  auto error = LastError(sqlite3_db_handle(statement_.get()));
  Reset();
  return error;
}

Status SqliteStatement::Run() {
  RA_ASSIGN_OR_RETURN(bool has_row, Step());
  if (has_row) Reset();
  return {};
}

void SqliteStatement::Reset() { sqlite3_reset(statement_.get()); }

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::Text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  auto size = sqlite3_column_bytes(statement_.get(), column);
  if (text == nullptr) return "";
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(size)};
}

double SqliteStatement::Double(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::optional<double> SqliteStatement::OptionalDouble(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return {};
  return Double(column);
}

void SqliteConnection::Closer::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<SqliteConnection> SqliteConnection::Open(
    const std::filesystem::path& file, bool create) {
  std::error_code ignored;
  if (!create && !std::filesystem::is_regular_file(file, ignored)) {
    return NotFound(file.string() + ": no such file");
  }
  SqliteConnection opened(file);
  sqlite3* connection = nullptr;
  int code = sqlite3_open_v2(file.c_str(),
                             &connection,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE |
                                 (create ? SQLITE_OPEN_CREATE : 0),
                             nullptr);
  opened.connection_.reset(connection);
  if (connection == nullptr) return ResourceExhausted("out of memory");
  if (code != SQLITE_OK) {
    return tl::unexpected(
        Error{CodeOf(code), file.string() + ": " + sqlite3_errmsg(connection)});
  }
  sqlite3_busy_timeout(connection, kBusyTimeoutMilliseconds);
  return opened;
}

Status SqliteConnection::Execute(const std::string& statements) {
  int code = sqlite3_exec(
      connection_.get(), statements.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return LastError(connection_.get());
  return {};
}

Result<SqliteStatement> SqliteConnection::Prepare(
    const std::string& statement) {
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v2(connection_.get(),
                                statement.c_str(),
                                static_cast<int>(statement.size()),
                                &prepared,
                                nullptr);
  if (code != SQLITE_OK) return LastError(connection_.get());
  return SqliteStatement(prepared);
}

Result<int64_t> SqliteConnection::QueryInt(const std::string& statement) {
  RA_ASSIGN_OR_RETURN(SqliteStatement query, Prepare(statement));
  RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
  if (!has_row) return DataLoss(file_.string() + ": no result: " + statement);
  return query.Int(0);
}

Result<std::string> SqliteConnection::QueryText(const std::string& statement) {
  RA_ASSIGN_OR_RETURN(SqliteStatement query, Prepare(statement));
  RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
  if (!has_row) return DataLoss(file_.string() + ": no result: " + statement);
  return query.Text(0);
}

}  // namespace rankadaptor::runners
