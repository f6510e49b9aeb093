// The little of SQLite that the store needs, with Results instead of codes.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_STORE_SQLITE_H_
#define RANKADAPTOR_RUNNERS_STORE_SQLITE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rankadaptor::runners {

// A prepared statement. Binding starts at 1, columns at 0, as in SQLite.
// Must not outlive its connection.
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  void Bind(int index, int64_t value);
  void Bind(int index, double value);
  void Bind(int index, std::optional<double> value);
  void Bind(int index, const std::string& value);

  // True if there is a row. After an error or the last row the statement is
  // ready to be bound and run again.
  Result<bool> Step();
  // Runs a statement that returns no rows.
  Status Run();
  // Makes a statement that is not at its end ready to be bound and run again.
  void Reset();

  int64_t Int(int column) const;
  std::string Text(int column) const;
  double Double(int column) const;
  // Empty for NULL.
  std::optional<double> OptionalDouble(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

class SqliteConnection {
 public:
  // Opens the file, or makes it if `create` is set. Errors name the file:
  // kNotFound, kDataLoss (damaged or no SQLite file), kUnavailable (locked),
  // kResourceExhausted (disk full).
  static Result<SqliteConnection> Open(const std::filesystem::path& file,
                                       bool create);

  // Runs statements without parameters; rows are dropped.
  Status Execute(const std::string& statements);
  Result<SqliteStatement> Prepare(const std::string& statement);
  // The first column of the only row, e.g. of a pragma.
  Result<int64_t> QueryInt(const std::string& statement);
  Result<std::string> QueryText(const std::string& statement);

 private:
  struct Closer {
    void operator()(sqlite3* connection) const;
  };
  explicit SqliteConnection(std::filesystem::path file) : file_(file) {}

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Closer> connection_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_SQLITE_H_
