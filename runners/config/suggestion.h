// "Did you mean ...?" for misspelt names.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_SUGGESTION_H_
#define RANKADAPTOR_RUNNERS_CONFIG_SUGGESTION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankadaptor::runners {

// The name that is closest to `given`, the first of equals, if about a third of
// its letters or fewer have to be inserted, deleted or replaced.
std::optional<std::string> ClosestName(std::string_view given,
                                       const std::vector<std::string>& names);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_SUGGESTION_H_
