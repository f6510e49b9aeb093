// A PerformanceModel predicts how well a configuration will do, Q in the
// paper's section 3.2, from the configurations that were measured. It learns
// offline from other data sets (meta-learning) and online from the target's own
// measurements, and scores candidates by the hundred thousand.
//
//   RA_RETURN_IF_ERROR(model->MetaLearn(other_data_sets));  // optional
//   RA_RETURN_IF_ERROR(model->Fit(first_measurements));
//   RA_RETURN_IF_ERROR(model->Update(new_measurements));
//   RA_RETURN_IF_ERROR(model->Predict(features, predictions));
//
// The same calls with the same arguments give the same predictions, bit for
// bit. One thread at a time, but Predict() is thread-safe against itself.
#ifndef RANKADAPTOR_SURROGATE_PERFORMANCE_MODEL_H_
#define RANKADAPTOR_SURROGATE_PERFORMANCE_MODEL_H_

#include <span>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::surrogate {

// Measured configurations of one data set. Features are numbers of about
// [-1, 1]; targets may be in any unit. All are finite.
struct Samples {
  std::vector<double> features;  // [num_samples, num_features], row-major
  std::vector<double> targets;   // [num_samples]
};

class PerformanceModel {
 public:
  virtual ~PerformanceModel() = default;

  virtual int num_features() const = 0;

  // Offline phase: learns what several data sets have in common, whatever their
  // units. Forgets everything learned before. Data sets without information
  // (fewer than two different targets) are ignored.
  //
  // This and the two below return kInvalidArgument, and change nothing, if the
  // features are not whole rows, do not match the targets, or are not finite.
  virtual Status MetaLearn(std::span<const Samples> data_sets) = 0;

  // Online phase: replaces all target data by `samples`, at least one, and
  // learns them from the meta-learned state on.
  virtual Status Fit(const Samples& samples) = 0;

  // Adds target data and learns on from the present state; cheaper than Fit().
  // The first Update() without a Fit() is a Fit().
  virtual Status Update(const Samples& new_samples) = 0;

  // Predicts each row of `features` in the units of the targets; finite. A
  // row's prediction does not depend on the rows around it.
  //
  // kFailedPrecondition if nothing was fitted; kInvalidArgument if the sizes do
  // not match. Thread-safe.
  virtual Status Predict(std::span<const double> features,
                         std::span<double> predictions) const = 0;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_PERFORMANCE_MODEL_H_
