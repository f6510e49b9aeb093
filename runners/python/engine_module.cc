// rankadaptor._engine: a conversation of `rankadaptor serve` (docs/serve.md)
// inside the interpreter. What it says is made Python in rankadaptor/_study.py.
#include <mutex>
#include <string>
#include <utility>

#include <pybind11/pybind11.h>

#include "rankadaptor/common/result.h"
#include "rankadaptor/common/version.h"
#include "rankadaptor/search/strategy_factory.h"

#include "runners/serve/serve_session.h"

namespace rankadaptor::runners {
namespace {

namespace py = pybind11;

[[noreturn]] void Raise(const Error& error) {
  PyObject* type = PyExc_RuntimeError;
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
      type = PyExc_ValueError;
      break;
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnavailable:
      type = PyExc_OSError;
      break;
    default:
      break;
  }
  PyErr_SetString(type, error.message.c_str());
  throw py::error_already_set();
}

// Several threads may call; one is served at a time.
class Session {
 public:
  explicit Session(bool sync)
      : session_(MakeStrategy,
                 sync ? Durability::kPowerLoss : Durability::kKilledProcess) {}

  // Other Python threads run while the engine thinks.
  std::string Request(const std::string& line) {
    Result<std::string> reply = Unlocked(line);
    if (!reply) Raise(reply.error());
    return *std::move(reply);
  }

 private:
  Result<std::string> Unlocked(const std::string& line) {
    const py::gil_scoped_release others_run;
    const std::lock_guard lock(mutex_);
    return session_.TryReply(line);
  }

  std::mutex mutex_;
  ServeSession session_;
};

}  // namespace
}  // namespace rankadaptor::runners

PYBIND11_MODULE(_engine, module) {
  using rankadaptor::runners::Session;
  module.attr("version") = rankadaptor::kVersion;
  pybind11::class_<Session>(module, "Session")
      .def(pybind11::init<bool>(), pybind11::arg("sync"))
      .def("request", &Session::Request, pybind11::arg("line"));
}
