#include "runners/report/phase_memory.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>

#include <sys/resource.h>

namespace rankadaptor::runners {
namespace {

// Of this process, now; 0 where the system does not tell.
int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * ::sysconf(_SC_PAGESIZE);
}

// The most until now.
int64_t PeakResidentBytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

void PhaseMemoryRecorder::OnTrialStarted(const Trial& trial,
                                         const StudyProgress& /*progress*/) {
  if (memory_.empty()) memory_[kSetupPhase] = PeakResidentBytes();
  Look(trial);
}

void PhaseMemoryRecorder::OnTrialReport(const Trial& trial,
                                        double /*fraction_done*/,
                                        double /*value*/) {
  Look(trial);
}

void PhaseMemoryRecorder::OnTrialFinished(const Trial& trial,
                                          const StudyProgress& /*progress*/) {
  Look(trial);
}

void PhaseMemoryRecorder::Look(const Trial& trial) {
  const int64_t now = ResidentBytes();
  if (now == 0) return;
  int64_t& most = memory_[TrialPurposeName(trial.purpose)];
  most = std::max(most, now);
}

}  // namespace rankadaptor::runners
