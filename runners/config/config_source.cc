#include "runners/config/config_source.h"

namespace rankadaptor::runners {

void ConfigSource::Record(const std::string& field, std::string place) {
  places_[field] = std::move(place);
}

std::string ConfigSource::Find(std::string_view field) const {
  while (!field.empty()) {
    auto found = places_.find(field);
    if (found != places_.end()) return found->second;
    size_t dot = field.find_last_of(".[");
    if (dot == std::string_view::npos) break;
    field = field.substr(0, dot);
  }
  return document_;
}

std::filesystem::path ConfigSource::Resolve(const std::string& path) const {
  // An absolute `path` replaces the folder.
  const std::filesystem::path folder =
      std::filesystem::path(document_).parent_path();
  return (folder / path).lexically_normal();
}

ConfigField ConfigField::operator[](std::string_view name) const {
  ConfigField field = *this;
  field.path_ = JoinField(path_, name);
  return field;
}

ConfigField ConfigField::operator[](int index) const {
  ConfigField field = *this;
  field.path_ += "[" + std::to_string(index) + "]";
  return field;
}

tl::unexpected<Error> ConfigField::Invalid(std::string_view problem) const {
  return InvalidArgument(source_->Find(path_) + ": " + path_ + " " +
                         std::string(problem));
}

tl::unexpected<Error> ConfigField::In(Error error) const {
  return InContext(source_->Find(path_) + ": " + path_, std::move(error));
}

Status ConfigField::CheckIsFile(const std::string& path) const {
  const std::filesystem::path file = Resolve(path);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) return {};
  return In(Error{ErrorCode::kNotFound, file.string() + ": no such file"});
}

std::string JoinField(std::string_view parent, std::string_view name) {
  if (parent.empty()) return std::string(name);
  return std::string(parent) + "." + std::string(name);
}

}  // namespace rankadaptor::runners
