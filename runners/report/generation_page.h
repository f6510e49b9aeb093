// What models made of the same prompts, side by side on one page. Texts are
// escaped: whatever a model writes is shown, never obeyed.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_REPORT_GENERATION_PAGE_H_
#define RANKADAPTOR_RUNNERS_REPORT_GENERATION_PAGE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace rankadaptor::runners {

struct GeneratedColumn {
  std::string label;               // the model
  std::vector<std::string> texts;  // one per prompt
  int64_t num_tokens = 0;
  double tokens_per_second = 0;
};

struct GenerationPage {
  std::vector<std::string> prompts;
  std::vector<GeneratedColumn> columns;  // with as many texts as prompts
};

// For a terminal: each prompt with the models' texts below.
std::string PageAsText(const GenerationPage& page);
// A table: a row per prompt, a column per model.
std::string PageAsMarkdown(const GenerationPage& page);
// The same as a file that needs no other; without scripts.
std::string PageAsHtml(const GenerationPage& page);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_GENERATION_PAGE_H_
