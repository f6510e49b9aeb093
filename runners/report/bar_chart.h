// The values of a configuration as columns of characters.
#ifndef RANKADAPTOR_RUNNERS_REPORT_BAR_CHART_H_
#define RANKADAPTOR_RUNNERS_REPORT_BAR_CHART_H_

#include <string>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor::runners {

// One column per parameter, one line per value that occurs among the choices
// (twelve evenly spread ones if there are more): '#' up to the chosen value,
// '=' where the parameter is frozen. Wide spaces are cut into blocks.
//
//    8 |    ##
//    4 | ==#####
//    2 | ==######
//      +---------
//        0    5
std::string BarChart(const SearchSpace& space,
                     const Configuration& configuration);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_BAR_CHART_H_
