// The models of golden/*.json: config.json as transformers wrote it, ids and
// the logits that transformers computed with the weights of
// tests/support/formula_model.h.
#ifndef RANKADAPTOR_TESTS_UNIT_LLAMA_ARCHITECTURES_GOLDEN_MODELS_H_
#define RANKADAPTOR_TESTS_UNIT_LLAMA_ARCHITECTURES_GOLDEN_MODELS_H_

#include <string>
#include <vector>

#include "rankadaptor/llama/model.h"

namespace rankadaptor::testing {

struct GoldenModel {
  std::string name;  // of the file, without .json
  std::string config_json;
  std::vector<int32_t> ids;
  std::vector<float> logits;  // [ids.size(), vocab_size], row-major
};

// All of them, by name; not empty.
const std::vector<GoldenModel>& GoldenModels();

// The model of `golden`, from files.
llama::Model LoadFormulaModel(const GoldenModel& golden);

// GoogleTest prints parameters with it.
inline void PrintTo(const GoldenModel& golden, std::ostream* out) {
  *out << golden.name;
}

// Largest difference of two vectors of the same length, NaN if one has a NaN.
double LargestDifference(const std::vector<float>& a,
                         const std::vector<float>& b);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_LLAMA_ARCHITECTURES_GOLDEN_MODELS_H_
