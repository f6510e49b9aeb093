// A MeasuredTable holds what somebody measured once: every configuration of a
// small space, with some seeds, on both splits of the items. It is a CSV file:
//
//   layer 1,layer 2,seed,split,tinystories,grimm
//   2,2,1,search,-2.51,-3.1
//   2,2,1,confirm,-2.53,-3.2
//   ...
//
// The columns before `seed` are the parameters, their choices are the values
// that occur; those after `split` (search or confirm) are metrics, all of them
// "higher is better". Every combination of parameters, seeds and splits stands
// there once, in any order.
//
// Thread-safety: immutable.
#ifndef RANKADAPTOR_TABLE_MEASURED_TABLE_H_
#define RANKADAPTOR_TABLE_MEASURED_TABLE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::table {

class MeasuredTable {
 public:
  // kInvalidArgument names the line that is malformed, or the combination that
  // is missing or stands there twice. `file` is for messages.
  static Result<MeasuredTable> Parse(std::string_view csv,
                                     const std::filesystem::path& file);
  static Result<MeasuredTable> Read(const std::filesystem::path& file);

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<std::string>& metrics() const { return metrics_; }
  const std::vector<uint64_t>& seeds() const { return seeds_; }  // ascending

  // The values of all metrics; `seed_index` counts in seeds(). Requires one
  // choice per parameter, in range.
  const std::vector<double>& Values(const std::vector<int32_t>& choices,
                                    size_t seed_index,
                                    ItemSplit split) const;

 private:
  class Parser;
  MeasuredTable() = default;
  size_t RowIndex(const std::vector<int32_t>& choices,
                  size_t seed_index,
                  ItemSplit split) const;

  std::vector<Parameter> parameters_;
  std::vector<std::string> metrics_;
  std::vector<uint64_t> seeds_;
  // [configurations x seeds x splits][metrics], the first parameter slowest.
  std::vector<std::vector<double>> rows_;
};

}  // namespace rankadaptor::table

#endif  // RANKADAPTOR_TABLE_MEASURED_TABLE_H_
