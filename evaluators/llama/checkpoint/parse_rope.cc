#include "evaluators/llama/checkpoint/parse_rope.h"

#include <optional>
#include <string>

namespace rankadaptor::llama::internal {
namespace {

constexpr IntegerRange kPositionRange = {1, (int64_t{1} << 31) - 1};

struct RopeSettings {
  std::optional<double> theta;
  std::optional<Llama3RopeScaling> scaling;
};

Result<Llama3RopeScaling> ReadLlama3(const JsonFields& fields) {
  Llama3RopeScaling scaling;
  RA_ASSIGN_OR_RETURN(scaling.factor, fields.Positive("factor"));
  RA_ASSIGN_OR_RETURN(scaling.low_freq_factor,
                      fields.Positive("low_freq_factor"));
  RA_ASSIGN_OR_RETURN(scaling.high_freq_factor,
                      fields.Positive("high_freq_factor"));
  RA_ASSIGN_OR_RETURN(
      scaling.original_max_position_embeddings,
      fields.Integer("original_max_position_embeddings", kPositionRange));
  if (scaling.factor < 1) return fields.Refuse("factor", "is less than 1");
  if (scaling.low_freq_factor >= scaling.high_freq_factor) {
    return fields.Refuse("low_freq_factor",
                         "is not less than high_freq_factor");
  }
  return scaling;
}

// `type` is what `rope_type` was called before transformers 4.43.
Result<std::string> ReadRopeType(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(std::string legacy, fields.StringOr("type", "default"));
  RA_ASSIGN_OR_RETURN(std::string type, fields.StringOr("rope_type", legacy));
  const bool both = fields.Find("type") && fields.Find("rope_type");
  if (both && type != legacy) {
    return fields.Refuse("type", "contradicts rope_type");
  }
  if (type == "default" || type == "llama3") return type;
  return fields.Refuse(fields.Find("rope_type") ? "rope_type" : "type",
                       "is not supported (supported: \"default\", \"llama3\")");
}

Status CheckWholeHeadRotates(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(double fraction,
                      fields.PositiveOr("partial_rotary_factor", 1));
  if (fraction == 1) return {};
  return fields.Refuse("partial_rotary_factor",
                       "is not supported (supported: 1)");
}

Result<RopeSettings> ReadRopeObject(const JsonFields& fields) {
  for (const auto& item : fields.object().items()) {
    if (item.value().is_object()) {
      return fields.Refuse(item.key().c_str(),
                           "is not supported (one rotary embedding for all "
                           "layers is)");
    }
  }
  RA_RETURN_IF_ERROR(CheckWholeHeadRotates(fields));
  RopeSettings rope;
  if (fields.Find("rope_theta") != nullptr) {
    RA_ASSIGN_OR_RETURN(rope.theta, fields.Positive("rope_theta"));
  }
  RA_ASSIGN_OR_RETURN(std::string type, ReadRopeType(fields));
  if (type == "llama3") {
    RA_ASSIGN_OR_RETURN(rope.scaling, ReadLlama3(fields));
  }
  return rope;
}

}  // namespace

Status ReadRope(const JsonFields& fields, LlamaConfig& config) {
  RA_RETURN_IF_ERROR(CheckWholeHeadRotates(fields));
  std::optional<double> theta;
  if (fields.Find("rope_theta") != nullptr) {
    RA_ASSIGN_OR_RETURN(theta, fields.Positive("rope_theta"));
  }
  bool have_object = false;
  for (const char* name : {"rope_scaling", "rope_parameters"}) {
    if (fields.Find(name) == nullptr) continue;
    RA_ASSIGN_OR_RETURN(JsonFields nested, fields.Nested(name));
    RA_ASSIGN_OR_RETURN(RopeSettings rope, ReadRopeObject(nested));
    if (have_object && rope.scaling != config.rope_scaling) {
      return fields.Refuse(name, "contradicts rope_scaling");
    }
    if (theta && rope.theta && *theta != *rope.theta) {
      return nested.Refuse("rope_theta",
                           "contradicts the rope_theta given elsewhere");
    }
    if (rope.theta) theta = rope.theta;
    config.rope_scaling = rope.scaling;
    have_object = true;
  }
  config.rope_theta = theta.value_or(config.rope_theta);
  return {};
}

}  // namespace rankadaptor::llama::internal
