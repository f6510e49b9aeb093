#include "evaluators/llama/checkpoint/tokenizer/tokenizer_json.h"

#include "rankadaptor/common/quote.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;

constexpr IntegerRange kIdRange = {0, (int64_t{1} << 24) - 1};

// The string `name`, which must be there.
Result<std::string> String(const JsonFields& fields, const char* name) {
  if (fields.Find(name) == nullptr) return fields.Missing(name);
  return fields.StringOr(name, "");
}

Status CheckFalse(const JsonFields& fields, const char* name) {
  RA_ASSIGN_OR_RETURN(bool set, fields.BooleanOr(name, false));
  if (!set) return {};
  return fields.Refuse(name, "is not supported (supported: false)");
}

// --- model -------------------------------------------------------------------

Status CheckModel(const JsonFields& model) {
  RA_ASSIGN_OR_RETURN(std::string type, String(model, "type"));
  if (type != "BPE") {
    return model.Refuse("type", "is not supported (supported: \"BPE\")");
  }
  if (model.Find("dropout") != nullptr) {
    return model.Refuse("dropout", "is not supported (supported: null)");
  }
  for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    RA_ASSIGN_OR_RETURN(std::string affix, model.StringOr(name, ""));
    if (!affix.empty()) {
      return model.Refuse(name, "is not supported (supported: null)");
    }
  }
  RA_ASSIGN_OR_RETURN(bool fallback, model.BooleanOr("byte_fallback", false));
  if (!fallback) return {};
  return model.Refuse("byte_fallback",
                      "is not supported (supported: false); such a file was "
                      "converted from a SentencePiece tokenizer.model, put "
                      "that beside it");
}

Status ReadVocabulary(const JsonFields& model, TokenizerJson& result) {
  RA_ASSIGN_OR_RETURN(JsonFields vocabulary, model.Nested("vocab"));
  for (const auto& [token, unused] : vocabulary.object().items()) {
    RA_ASSIGN_OR_RETURN(int64_t id,
                        vocabulary.Integer(token.c_str(), kIdRange));
    result.vocabulary.emplace_back(token, static_cast<int32_t>(id));
  }
  if (!result.vocabulary.empty()) return {};
  return InvalidArgument(vocabulary.place() + ": is empty");
}

// "left right", or ["left", "right"] since tokenizers 0.20.
std::optional<std::pair<std::string, std::string>> AsMerge(const json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
      merge[1].is_string()) {
    return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  if (!merge.is_string()) return std::nullopt;
  const auto& text = merge.get_ref<const std::string&>();
  const size_t space = text.find(' ');
  if (space == text.npos || text.find(' ', space + 1) != text.npos) {
    return std::nullopt;
  }
  return std::pair(text.substr(0, space), text.substr(space + 1));
}

Status ReadMerges(const JsonFields& model, TokenizerJson& result) {
  const json* merges = model.Find("merges");
  if (merges == nullptr) return model.Missing("merges");
  if (!merges->is_array()) return model.Refuse("merges", "is not a list");
  for (const json& merge : *merges) {
    auto pair = AsMerge(merge);
    if (!pair) {
      return InvalidArgument(
          model.place() + ": merges[" + std::to_string(result.merges.size()) +
          "] = " + JsonForMessage(merge) + " is not a pair of tokens");
    }
    result.merges.push_back(std::move(*pair));
  }
  return {};
}

Status ReadModel(const JsonFields& root, TokenizerJson& result) {
  RA_ASSIGN_OR_RETURN(JsonFields model, root.Nested("model"));
  RA_RETURN_IF_ERROR(CheckModel(model));
  RA_RETURN_IF_ERROR(ReadVocabulary(model, result));
  RA_RETURN_IF_ERROR(ReadMerges(model, result));
  RA_ASSIGN_OR_RETURN(result.ignore_merges,
                      model.BooleanOr("ignore_merges", false));
  if (model.Find("unk_token") == nullptr) return {};
  RA_ASSIGN_OR_RETURN(result.unknown_token, String(model, "unk_token"));
  return CheckFalse(model, "fuse_unk");
}

// --- added_tokens ------------------------------------------------------------

Result<AddedToken> ReadAddedToken(const JsonFields& fields) {
  AddedToken token;
  RA_ASSIGN_OR_RETURN(token.content, String(fields, "content"));
  if (token.content.empty()) return fields.Refuse("content", "is empty");
  RA_ASSIGN_OR_RETURN(int64_t id, fields.Integer("id", kIdRange));
  token.id = static_cast<int32_t>(id);
  RA_ASSIGN_OR_RETURN(token.special, fields.BooleanOr("special", false));
  RA_ASSIGN_OR_RETURN(token.normalized, fields.BooleanOr("normalized", false));
  for (const char* name : {"single_word", "lstrip", "rstrip"}) {
    RA_RETURN_IF_ERROR(CheckFalse(fields, name));
  }
  return token;
}

Status ReadAddedTokens(const JsonFields& root, TokenizerJson& result) {
  const json* tokens = root.Find("added_tokens");
  if (tokens == nullptr) return {};
  if (!tokens->is_array()) return root.Refuse("added_tokens", "is not a list");
  for (const json& token : *tokens) {
    const std::string place = root.place() + ": added_tokens[" +
                              std::to_string(result.added_tokens.size()) + "]";
    if (!token.is_object()) return InvalidArgument(place + " is not an object");
    RA_ASSIGN_OR_RETURN(AddedToken added,
                        ReadAddedToken(JsonFields(token, place)));
    result.added_tokens.push_back(std::move(added));
  }
  return {};
}

// --- What is done before and after -------------------------------------------

Status ReadNormalizer(const JsonFields& root, TokenizerJson& result) {
  if (root.Find("normalizer") == nullptr) return {};
  RA_ASSIGN_OR_RETURN(JsonFields normalizer, root.Nested("normalizer"));
  RA_ASSIGN_OR_RETURN(std::string type, String(normalizer, "type"));
  result.nfc = type == "NFC";
  if (result.nfc) return {};
  return normalizer.Refuse("type",
                           "is not supported (supported: \"NFC\" or no "
                           "normalizer)");
}

// The members of a "Sequence" in `list`, or `fields` itself. Calls
// body(JsonFields) on each.
template <typename Body>
Status ForEachStep(const JsonFields& fields, const char* list, Body&& body) {
  RA_ASSIGN_OR_RETURN(std::string type, String(fields, "type"));
  if (type != "Sequence") return body(fields, type);
  const json* steps = fields.Find(list);
  if (steps == nullptr) return fields.Missing(list);
  if (!steps->is_array()) return fields.Refuse(list, "is not a list");
  for (size_t i = 0; i < steps->size(); ++i) {
    const std::string place =
        fields.place() + ": " + list + "[" + std::to_string(i) + "]";
    if (!(*steps)[i].is_object()) {
      return InvalidArgument(place + " is not an object");
    }
    const JsonFields step((*steps)[i], place);
    RA_ASSIGN_OR_RETURN(std::string step_type, String(step, "type"));
    RA_RETURN_IF_ERROR(body(step, step_type));
  }
  return {};
}

Status ReadSplit(const JsonFields& split, TokenizerJson& result) {
  RA_ASSIGN_OR_RETURN(std::string behavior, String(split, "behavior"));
  if (behavior != "Isolated") {
    return split.Refuse("behavior",
                        "is not supported (supported: \"Isolated\")");
  }
  RA_ASSIGN_OR_RETURN(JsonFields pattern, split.Nested("pattern"));
  RA_ASSIGN_OR_RETURN(std::string expression, String(pattern, "Regex"));
  result.patterns.push_back(std::move(expression));
  return {};
}

// Cuts numbers out of the text, whole or digit by digit.
Status ReadDigits(const JsonFields& digits, TokenizerJson& result) {
  RA_ASSIGN_OR_RETURN(bool individual,
                      digits.BooleanOr("individual_digits", false));
  result.patterns.push_back(individual ? "\\p{N}" : "\\p{N}+");
  return {};
}

Status ReadPreTokenizer(const JsonFields& root, TokenizerJson& result) {
  RA_ASSIGN_OR_RETURN(JsonFields pre_tokenizer, root.Nested("pre_tokenizer"));
  bool byte_level = false;
  RA_RETURN_IF_ERROR(ForEachStep(
      pre_tokenizer,
      "pretokenizers",
      [&](const JsonFields& step, const std::string& type) -> Status {
        const bool last = type == "ByteLevel";
        if (byte_level || (type != "Split" && type != "Digits" && !last)) {
          return step.Refuse("type",
                             "is not supported (supported: any number of "
                             "\"Split\" and \"Digits\", then \"ByteLevel\")");
        }
        if (type == "Split") return ReadSplit(step, result);
        if (type == "Digits") return ReadDigits(step, result);
        byte_level = true;
        RA_RETURN_IF_ERROR(CheckFalse(step, "add_prefix_space"));
        RA_ASSIGN_OR_RETURN(bool cuts, step.BooleanOr("use_regex", true));
        if (cuts) result.patterns.push_back(kGpt2Pattern);
        return {};
      }));
  if (byte_level) return {};
  return InvalidArgument(pre_tokenizer.place() +
                         ": has no \"ByteLevel\", other kinds of BPE are not "
                         "supported");
}

// A template of one token before the text, or of the text alone.
Status ReadTemplate(const JsonFields& fields, TokenizerJson& result) {
  const json* single = fields.Find("single");
  if (single == nullptr) return fields.Missing("single");
  const auto is = [&](size_t i, const char* kind) {
    return single->is_array() && i < single->size() &&
           (*single)[i].is_object() && (*single)[i].contains(kind) &&
           (*single)[i][kind].is_object() &&
           (*single)[i][kind].contains("id") &&
           (*single)[i][kind]["id"].is_string();
  };
  if (single->size() == 1 && is(0, "Sequence")) return {};
  if (single->size() == 2 && is(0, "SpecialToken") && is(1, "Sequence")) {
    result.first_token = (*single)[0]["SpecialToken"]["id"].get<std::string>();
    return {};
  }
  return fields.Refuse("single",
                       "is not supported (supported: the text, or one special "
                       "token and the text)");
}

Status ReadPostProcessor(const JsonFields& root, TokenizerJson& result) {
  if (root.Find("post_processor") == nullptr) return {};
  RA_ASSIGN_OR_RETURN(JsonFields post_processor, root.Nested("post_processor"));
  return ForEachStep(
      post_processor,
      "processors",
      [&](const JsonFields& step, const std::string& type) -> Status {
        if (type == "ByteLevel") return {};  // moves offsets only
        if (type == "TemplateProcessing") return ReadTemplate(step, result);
        return step.Refuse("type",
                           "is not supported (supported: \"ByteLevel\", "
                           "\"TemplateProcessing\")");
      });
}

Status CheckDecoder(const JsonFields& root) {
  RA_ASSIGN_OR_RETURN(JsonFields decoder, root.Nested("decoder"));
  RA_ASSIGN_OR_RETURN(std::string type, String(decoder, "type"));
  if (type == "ByteLevel") return {};
  return decoder.Refuse("type", "is not supported (supported: \"ByteLevel\")");
}

}  // namespace

Result<TokenizerJson> ParseTokenizerJson(std::string_view text,
                                         const std::string& file) {
  RA_ASSIGN_OR_RETURN(json object, ParseJsonObject(text, file));
  const JsonFields root(object, file);
  TokenizerJson result;
  RA_RETURN_IF_ERROR(ReadModel(root, result));
  RA_RETURN_IF_ERROR(ReadAddedTokens(root, result));
  RA_RETURN_IF_ERROR(ReadNormalizer(root, result));
  RA_RETURN_IF_ERROR(ReadPreTokenizer(root, result));
  RA_RETURN_IF_ERROR(ReadPostProcessor(root, result));
  RA_RETURN_IF_ERROR(CheckDecoder(root));
  return result;
}

}  // namespace rankadaptor::llama::internal
