// Lines of comma-separated values without quotes, as this experiment writes
// them.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_EXPERIMENTS_SEARCH_CSV_H_
#define RANKADAPTOR_EXPERIMENTS_SEARCH_CSV_H_

#include <string>
#include <vector>

namespace rankadaptor::experiments {

std::vector<std::string> Split(const std::string& text, char separator);
std::string Join(const std::vector<std::string>& parts);  // by commas

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_SEARCH_CSV_H_
