// Models whose weights follow from a formula, so that another program can make
// the same ones (experiments/peers/architectures.py).
#ifndef RANKADAPTOR_TESTS_SUPPORT_FORMULA_MODEL_H_
#define RANKADAPTOR_TESTS_SUPPORT_FORMULA_MODEL_H_

#include <filesystem>
#include <string>

namespace rankadaptor::testing {

// Writes config.json, as given, and a model.safetensors in fp32 with every
// tensor that such a model has. Fails the test if it cannot.
void WriteFormulaModel(const std::string& config_json,
                       const std::filesystem::path& folder);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_FORMULA_MODEL_H_
