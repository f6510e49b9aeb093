// How the space of a past study hangs together with the present one, where the
// two are not the same: which parameters there are like which here, by their
// descriptors or names, and which choices mean the same.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_SPACE_RELATION_H_
#define RANKADAPTOR_SEARCH_SPACE_RELATION_H_

#include <span>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/surrogate/structure_relation.h"

namespace rankadaptor::internal {

// True if the source's configurations are of `space` as they are: it has no
// parameters of its own, or the same ones, descriptors not counted.
bool IsOfSpace(const SourceStudy& source, const SearchSpace& space);

// The space of a source that has parameters of its own, without constraints.
// Errors as SearchSpace::Create().
Result<SearchSpace> SpaceOf(const SourceStudy& source);

// Over the free parameters of both. kInvalidArgument if they have no descriptor
// in common and other names, or names a parameter that has none like it: of
// another kind, or with other choices.
Result<surrogate::StructureRelation> Relate(const SearchSpace& there,
                                            const SearchSpace& here);

// kInvalidArgument if configurations, scores or parameters of a source are
// wrong or cannot be related to the space; says which source.
Status CheckSources(std::span<const SourceStudy> sources,
                    const SearchSpace& space);

// The sources as if they were of `space`: each parameter takes the choice
// closest to that of the parameter like it. For strategies that learn from
// configurations. What has a choice without a like is left out. Errors as
// Relate().
Result<std::vector<SourceStudy>> InSpace(std::span<const SourceStudy> sources,
                                         const SearchSpace& space);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_SPACE_RELATION_H_
