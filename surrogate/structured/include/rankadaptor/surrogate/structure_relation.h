// What a past study taught, carried over to a space of another size or with
// other levels: how like its dimensions are to those of the present space, and
// which of their levels mean the same.
//
// Thread-safety: plain values, functions without shared state.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURE_RELATION_H_
#define RANKADAPTOR_SURROGATE_STRUCTURE_RELATION_H_

#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"
#include "rankadaptor/surrogate/structured_model.h"

namespace rankadaptor::surrogate {

struct StructureRelation {
  // One dimension of the present space beside one of the past study's.
  struct Link {
    // How far apart they are in what is known of them, in units of the typical
    // distance between neighbours of the past study; infinite if they cannot
    // be compared.
    double distance = 0;
    // A level here as a weighted mean of levels there, weights summing to 1;
    // all 0 if there is none like it. [levels here, levels there]
    std::vector<double> levels;
  };
  // [num_dimensions here][num_dimensions there]. Each dimension here has a link
  // of finite distance.
  std::vector<std::vector<Link>> links;

  // Of the closest dimension there.
  int Closest(int dimension) const;
};

// Main effects and factors of a dimension are means over the dimensions there
// that are about as close as the closest one. Those of a pair are means over
// pairs there whose members are close and that are as far apart in the order of
// dimensions: neighbours learn from neighbours.
SourceKnowledge CarryOver(const SourceKnowledge& knowledge,
                          const EffectStructure& there,
                          const EffectStructure& here,
                          const StructureRelation& relation);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURE_RELATION_H_
