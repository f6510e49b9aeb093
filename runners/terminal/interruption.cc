#include "runners/terminal/interruption.h"

#include <csignal>

namespace rankadaptor::runners {
namespace {

// A signal handler can reach nothing but a global.
CancellationFlag interrupted;

void Interrupt(int) { interrupted.Cancel(); }

}  // namespace

const CancellationFlag& CancelOnSignals() {
  struct sigaction action {};
  action.sa_handler = Interrupt;
  // Reset, so that the second one works where the first is not looked at.
  // Restart, so that no file operation fails half-way.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

}  // namespace rankadaptor::runners
