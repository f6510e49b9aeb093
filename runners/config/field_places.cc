#include "runners/config/field_places.h"

namespace rankadaptor::runners {

void FieldPlaces::Record(const std::string& field, std::string place) {
  places_[field] = std::move(place);
}

std::string FieldPlaces::Find(std::string_view field) const {
  while (!field.empty()) {
    auto found = places_.find(field);
    if (found != places_.end()) return found->second;
    size_t dot = field.find_last_of(".[");
    if (dot == std::string_view::npos) break;
    field = field.substr(0, dot);
  }
  return document_;
}

tl::unexpected<Error> FieldPlaces::Invalid(std::string_view field,
                                           std::string_view problem) const {
  return InvalidArgument(Find(field) + ": " + std::string(field) + " " +
                         std::string(problem));
}

tl::unexpected<Error> FieldPlaces::In(std::string_view field,
                                      Error error) const {
  return InContext(Find(field) + ": " + std::string(field), std::move(error));
}

std::string JoinField(std::string_view parent, std::string_view name) {
  if (parent.empty()) return std::string(name);
  return std::string(parent) + "." + std::string(name);
}

}  // namespace rankadaptor::runners
