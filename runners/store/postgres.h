// The little of PostgreSQL that the store needs, with Results instead of codes.
// Uses libpq, PostgreSQL's own client library.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_STORE_POSTGRES_H_
#define RANKADAPTOR_RUNNERS_STORE_POSTGRES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/store/study_location.h"

struct pg_conn;
struct pg_result;

namespace rankadaptor::runners {

// A parameter of a statement, $1, $2, ...; empty is NULL. Text that is not
// UTF-8, which the database refuses, has its stray bytes replaced.
class PostgresValue {
 public:
  PostgresValue(int64_t value);                // NOLINT
  PostgresValue(int value);                    // NOLINT
  PostgresValue(double value);                 // NOLINT
  PostgresValue(std::optional<double> value);  // NOLINT
  PostgresValue(const std::string& value);     // NOLINT

  const std::optional<std::string>& text() const { return text_; }

 private:
  std::optional<std::string> text_;
};

// One row; columns start at 0. Borrows its PostgresRows.
class PostgresRow {
 public:
  PostgresRow(const pg_result* rows, int row) : rows_(rows), row_(row) {}

  bool IsNull(int column) const;
  // 0 and "" for NULL.
  int64_t Int(int column) const;
  double Double(int column) const;
  bool Bool(int column) const;
  std::string Text(int column) const;
  std::optional<double> OptionalDouble(int column) const;

 private:
  const char* Bytes(int column) const;

  const pg_result* rows_;
  int row_;
};

// What a statement returned.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* rows);

  int size() const;
  bool empty() const { return size() == 0; }
  PostgresRow operator[](int row) const { return {rows_.get(), row}; }
  // For functions of libpq.
  const pg_result* get() const { return rows_.get(); }
  // Rows that an INSERT, UPDATE or DELETE changed.
  int64_t num_affected() const;

 private:
  struct Clearer {
    void operator()(pg_result* rows) const;
  };
  std::unique_ptr<pg_result, Clearer> rows_;
};

class PostgresConnection {
 public:
  // kUnavailable if there is no server, or it does not let us in;
  // kInvalidArgument if the URL is not one of libpq's. Errors name the URL
  // without its password.
  static Result<PostgresConnection> Open(const DatabaseLocation& location);

  // Runs one statement. Errors: kUnavailable once the connection is lost (it is
  // not opened again by itself), kAlreadyExists for a key that is there,
  // kResourceExhausted for a full disk, kInternal for what else the server
  // says.
  Result<PostgresRows> Query(const std::string& statement,
                             const std::vector<PostgresValue>& values = {});

  // Runs statements without parameters, together or not at all; rows are
  // dropped.
  Status Execute(const std::string& statements);

  // False once the connection is lost.
  bool connected() const;

  // True if a NOTIFY came on a channel that this connection LISTENs to; all
  // that came are taken. Does not wait.
  Result<bool> TakeNotifications();

  // The connection's socket, for WaitForInput().
  int socket() const { return socket_; }

 private:
  struct Closer {
    void operator()(pg_conn* connection) const;
  };
  explicit PostgresConnection(std::string shown) : shown_(std::move(shown)) {}
  tl::unexpected<Error> ErrorOf(const pg_result* result) const;

  std::string shown_;
  std::unique_ptr<pg_conn, Closer> connection_;
  int socket_ = -1;
};

// Waits until the server sent something to the connection with this socket, at
// most so long. Thread-safe, also while the connection is used.
void WaitForInput(int socket, double seconds);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_POSTGRES_H_
