#include "evaluators/llama/checkpoint/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;

constexpr SafetensorsDtype kDtypes[] = {
    {"BOOL", 8, 0},        {"F4", 4, 1},           {"F6_E2M3", 6, 2},
    {"F6_E3M2", 6, 3},     {"U8", 8, 4},           {"I8", 8, 5},
    {"F8_E5M2", 8, 6},     {"F8_E4M3", 8, 7},      {"F8_E8M0", 8, 8},
    {"F8_E4M3FNUZ", 8, 9}, {"F8_E5M2FNUZ", 8, 10}, {"I16", 16, 11},
    {"U16", 16, 12},       {"F16", 16, 13},        {"BF16", 16, 14},
    {"I32", 32, 15},       {"U32", 32, 16},        {"F32", 32, 17},
    {"C64", 64, 18},       {"F64", 64, 19},        {"I64", 64, 20},
    {"U64", 64, 21},
};

// Receives the parser's events. What is allowed where is a matter of few
// states, so depth is bounded and the first violation ends the reading.
class HeaderEvents : public json::json_sax_t {
 public:
  explicit HeaderEvents(SafetensorsHeader& header) : header_(header) {}

  // Why an event was refused.
  const std::string& reason() const { return reason_; }

  bool start_object(size_t) override {
    if (state_ == State::kStart) return Enter(State::kNames);
    if (state_ != State::kNames) return Unexpected("an object");
    if (name_ == kMetadataName) return Enter(State::kMetadata);
    entry_ = {};
    offsets_.clear();
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return Enter(State::kEntry);
  }

  bool end_object() override {
    if (state_ == State::kNames) return Enter(State::kStart);
    if (state_ == State::kEntry && !FinishEntry()) return false;
    return Enter(State::kNames);
  }

  bool key(std::string& key) override {
    if (state_ == State::kNames) return BeginName(key);
    if (state_ == State::kEntry) return BeginField(key);
    metadata_key_ = key;
    if (!header_.metadata.contains(key)) return true;
    return Refuse("__metadata__ has the key " + Quote(key) + " twice");
  }

  bool string(std::string& value) override {
    if (state_ == State::kMetadata) {
      header_.metadata.emplace(metadata_key_, value);
      return true;
    }
    if (state_ != State::kEntry || field_ != "dtype") {
      return Unexpected("a string");
    }
    entry_.dtype = value;
    if (FindSafetensorsDtype(value) != nullptr) return true;
    return Refuse(Tensor() + " has the unknown dtype " + Quote(value));
  }

  bool start_array(size_t) override {
    if (state_ != State::kEntry || field_ == "dtype") {
      return Unexpected("a list");
    }
    return Enter(field_ == "shape" ? State::kShape : State::kOffsets);
  }

  bool end_array() override {
    if (state_ == State::kOffsets && offsets_.size() != 2) {
      return Refuse(Tensor() + " has " + std::to_string(offsets_.size()) +
                    " data_offsets instead of 2");
    }
    return Enter(State::kEntry);
  }

  bool number_unsigned(uint64_t value) override {
    if (state_ == State::kShape) return AppendDimension(value);
    if (state_ != State::kOffsets) return Unexpected("a number");
    if (offsets_.size() < 2)
      offsets_.push_back(value);
    else
      return Refuse(Tensor() + " has more than 2 data_offsets");
    return true;
  }

  bool number_integer(int64_t) override {
    return Unexpected("a negative number");
  }
  bool number_float(double, const std::string&) override {
    return Unexpected("a fraction or a number above 64 bits");
  }
  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a boolean"); }
  bool binary(json::binary_t&) override { return Unexpected("binary"); }

  bool parse_error(size_t position,
                   const std::string&,
                   const json::exception&) override {
    return Refuse("the header is not valid JSON at its byte " +
                  std::to_string(position));
  }

 private:
  enum class State { kStart, kNames, kMetadata, kEntry, kShape, kOffsets };

  bool Enter(State state) {
    state_ = state;
    return true;
  }

  bool Refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  std::string Tensor() const { return "tensor " + Quote(name_); }

  bool Unexpected(const char* what) {
    std::string place = "the header";
    if (state_ == State::kNames) {
      place = "the entry " + Quote(name_);
    } else if (state_ == State::kMetadata) {
      place = "the value of " + Quote(metadata_key_) + " in __metadata__";
    } else if (state_ == State::kEntry) {
      place = field_ + " of " + Tensor();
    } else if (state_ != State::kStart) {
      place = "an element in " + field_ + " of " + Tensor();
    }
    return Refuse(place + " may not be " + what);
  }

  bool BeginName(const std::string& name) {
    if (name.size() > kMaxNameBytes) {
      return Refuse("a name has " + std::to_string(name.size()) +
                    " bytes, allowed are " + std::to_string(kMaxNameBytes));
    }
    if (name == kMetadataName) {
      if (std::exchange(has_metadata_, true)) {
        return Refuse("__metadata__ is there twice");
      }
    } else if (header_.tensors.contains(name)) {
      return Refuse("tensor " + Quote(name) + " is there twice");
    }
    name_ = name;
    return true;
  }

  bool BeginField(const std::string& field) {
    field_ = field;
    bool* seen = field == "dtype"          ? &has_dtype_
                 : field == "shape"        ? &has_shape_
                 : field == "data_offsets" ? &has_offsets_
                                           : nullptr;
    if (seen == nullptr) {
      return Refuse(Tensor() + " has the unknown field " + Quote(field));
    }
    if (!std::exchange(*seen, true)) return true;
    return Refuse(Tensor() + " has the field " + field + " twice");
  }

  bool AppendDimension(uint64_t value) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Refuse(Tensor() + " has the dimension " + std::to_string(value) +
                    ", which is too large");
    }
    entry_.shape.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool FinishEntry() {
    if (!has_dtype_ || !has_shape_ || !has_offsets_) {
      return Refuse(Tensor() + " has no " +
                    (!has_dtype_   ? "dtype"
                     : !has_shape_ ? "shape"
                                   : "data_offsets"));
    }
    std::tie(entry_.begin, entry_.end) = std::pair(offsets_[0], offsets_[1]);
    const std::optional<uint64_t> size =
        TensorBytes(*FindSafetensorsDtype(entry_.dtype), entry_.shape);
    if (!size) {
      return Refuse(Tensor() +
                    " has a shape that overflows or does not fill "
                    "whole bytes of " +
                    entry_.dtype);
    }
    if (entry_.end < entry_.begin || entry_.end - entry_.begin != *size) {
      return Refuse(
          Tensor() + " has data_offsets [" + std::to_string(entry_.begin) +
          "," + std::to_string(entry_.end) + "], its shape and dtype need " +
          std::to_string(*size) + " bytes");
    }
    if (header_.tensors.size() == kMaxTensors) {
      return Refuse("there are more than " + std::to_string(kMaxTensors) +
                    " tensors");
    }
    header_.tensors.emplace(name_, std::move(entry_));
    return true;
  }

  SafetensorsHeader& header_;
  std::string reason_;
  State state_ = State::kStart;
  bool has_metadata_ = false;
  std::string metadata_key_;
  // The entry being read.
  std::string name_;
  std::string field_;
  TensorEntry entry_;
  std::vector<uint64_t> offsets_;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
};

// The header's bytes without the padding behind it.
Result<std::string_view> HeaderText(std::span<const std::byte> file) {
  constexpr size_t kLengthBytes = 8;
  if (file.size() < kLengthBytes) {
    return DataLoss("has " + std::to_string(file.size()) +
                    " bytes, a safetensors file has at least 8");
  }
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  }
  if (length > kMaxHeaderBytes) {
    return DataLoss("announces a header of " + std::to_string(length) +
                    " bytes, allowed are " + std::to_string(kMaxHeaderBytes));
  }
  if (length > file.size() - kLengthBytes) {
    return DataLoss("announces a header of " + std::to_string(length) +
                    " bytes, but only " +
                    std::to_string(file.size() - kLengthBytes) +
                    " follow: is it cut off?");
  }
  return std::string_view(
      reinterpret_cast<const char*>(file.data()) + kLengthBytes, length);
}

Status ParseHeader(std::string_view text, SafetensorsHeader& header) {
  // The JSON parser would skip any white space and a byte-order mark; the
  // format allows only spaces, and only at the end.
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  if (!text.starts_with('{') || !text.ends_with('}')) {
    return DataLoss("has a header that is not one JSON object");
  }
  HeaderEvents events(header);
  if (json::sax_parse(text, &events)) return {};
  return DataLoss(events.reason());
}

// Sorted by offset, the tensors must follow each other without holes and
// overlaps and end where the file does.
Status CheckTiling(const SafetensorsHeader& header, uint64_t data_size) {
  using Item = std::pair<const std::string, TensorEntry>;
  std::vector<const Item*> items;
  for (const Item& item : header.tensors) items.push_back(&item);
  std::ranges::sort(items, {}, [](const Item* item) {
    return std::pair(item->second.begin, item->second.end);
  });
  uint64_t covered = 0;
  for (const Item* item : items) {
    if (item->second.begin != covered) {
      return DataLoss("tensor " + Quote(item->first) + " begins at byte " +
                      std::to_string(item->second.begin) +
                      " of the data, expected is " + std::to_string(covered));
    }
    covered = item->second.end;
  }
  if (covered == data_size) return {};
  return DataLoss("the tensors need " + std::to_string(covered) +
                  " bytes of data, the file has " + std::to_string(data_size));
}

}  // namespace

const SafetensorsDtype* FindSafetensorsDtype(std::string_view name) {
  auto found = std::ranges::find(kDtypes, name, &SafetensorsDtype::name);
  return found == std::end(kDtypes) ? nullptr : &*found;
}

std::optional<uint64_t> TensorBytes(const SafetensorsDtype& dtype,
                                    std::span<const int64_t> shape) {
  uint64_t bits = 1;
  for (int64_t dimension : shape) {
    if (dimension < 0 ||
        __builtin_mul_overflow(bits, static_cast<uint64_t>(dimension), &bits)) {
      return std::nullopt;
    }
  }
  if (__builtin_mul_overflow(bits, dtype.bits, &bits) || bits % 8 != 0) {
    return std::nullopt;
  }
  return bits / 8;
}

Result<SafetensorsHeader> ReadSafetensorsHeader(
    std::span<const std::byte> file) {
  RA_ASSIGN_OR_RETURN(std::string_view text, HeaderText(file));
  SafetensorsHeader header;
  header.data_start = 8 + text.size();
  RA_RETURN_IF_ERROR(ParseHeader(text, header));
  RA_RETURN_IF_ERROR(CheckTiling(header, file.size() - header.data_start));
  return header;
}

}  // namespace rankadaptor::llama::internal
