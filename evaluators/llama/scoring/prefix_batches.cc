#include "evaluators/llama/scoring/prefix_batches.h"

#include <algorithm>
#include <numeric>

namespace rankadaptor::llama::internal {
namespace {

// What one more token costs in attention, in units of what it costs elsewhere
// (projections, norms): one unit per so many pairs of query and key. Measured
// on models of 0.3 to 1.3 M parameters; wider ones are less sensitive, since
// their projections grow faster than attention.
constexpr double kPairsPerToken = 128;

int64_t Length(const TokenSequence& sequence) {
  return static_cast<int64_t>(sequence.size());
}

int64_t CommonPrefix(const TokenSequence& a, const TokenSequence& b) {
  return std::ranges::mismatch(a, b).in1 - a.begin();
}

// Time of a row with these lengths, in tokens. The suffix is computed against
// all of itself, so many long branches in one row are a bad deal.
double Cost(int64_t prefix, int64_t suffix) {
  const auto p = static_cast<double>(prefix);
  const auto s = static_cast<double>(suffix);
  return p + s + (p * p / 2 + s * (p + s)) / kPairsPerToken;
}

// A row under construction from sequences in lexicographic order.
class RowBuilder {
 public:
  RowBuilder(std::span<const TokenSequence> sequences, int first)
      : sequences_(sequences), members_{first} {
    prefix_ = total_ = Length(At(first));
  }

  // Takes `next` in if computing it here is cheaper than in a row of its own.
  bool TryAdd(int next, int64_t max_sequences) {
    const auto count = static_cast<int64_t>(members_.size());
    if (max_sequences > 0 && count >= max_sequences) return false;
    const TokenSequence& sequence = At(next);
    const bool repeated = sequence == At(members_.back());
    const int64_t prefix =
        std::min(prefix_, CommonPrefix(At(members_.front()), sequence));
    const int64_t total = total_ + (repeated ? 0 : Length(sequence));
    const int64_t distinct = distinct_ + (repeated ? 0 : 1);
    const double joint = Cost(prefix, total - distinct * prefix);
    const double apart =
        Cost(prefix_, total_ - distinct_ * prefix_) + Cost(Length(sequence), 0);
    if (joint >= apart) return false;
    members_.push_back(next);
    prefix_ = prefix;
    total_ = total;
    distinct_ = distinct;
    return true;
  }

  PrefixRow Build() const {
    PrefixRow row;
    row.prefix_length = prefix_;
    int64_t offset = 0;
    for (size_t i = 0; i < members_.size(); ++i) {
      const bool repeated = i > 0 && At(members_[i]) == At(members_[i - 1]);
      if (repeated) offset = row.branches.back().offset;
      row.branches.push_back({members_[i], offset});
      offset += Length(At(members_[i])) - prefix_;
    }
    row.suffix_length = offset;
    return row;
  }

 private:
  const TokenSequence& At(int index) const {
    return sequences_[static_cast<size_t>(index)];
  }

  std::span<const TokenSequence> sequences_;
  std::vector<int> members_;
  int64_t prefix_ = 0;
  int64_t total_ = 0;  // tokens of the distinct members, prefixes included
  int64_t distinct_ = 1;
};

// Rows of sequences that stand next to each other in lexicographic order.
std::vector<PrefixRow> PlanRows(std::span<const TokenSequence> sequences,
                                int64_t max_sequences) {
  std::vector<int> order(sequences.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](int a, int b) {
    const auto& left = sequences[static_cast<size_t>(a)];
    const auto& right = sequences[static_cast<size_t>(b)];
    return left == right ? a < b : left < right;
  });
  std::vector<PrefixRow> rows;
  for (size_t i = 0; i < order.size();) {
    RowBuilder builder(sequences, order[i]);
    for (++i; i < order.size(); ++i) {
      if (!builder.TryAdd(order[i], max_sequences)) break;
    }
    rows.push_back(builder.Build());
  }
  return rows;
}

// `batch` with `row` in it.
PrefixBatch Extended(const PrefixBatch& batch, const PrefixRow& row) {
  PrefixBatch extended;
  extended.prefix_length = std::max(batch.prefix_length, row.prefix_length);
  extended.suffix_length = std::max(batch.suffix_length, row.suffix_length);
  return extended;
}

}  // namespace

int64_t PrefixBatch::Column(const PrefixRow& row,
                            const Branch& branch,
                            int64_t position) const {
  if (position < row.prefix_length) return position;
  return prefix_length + branch.offset + position - row.prefix_length;
}

std::vector<PrefixBatch> PlanPrefixBatches(
    std::span<const TokenSequence> sequences, const BatchLimits& limits) {
  std::vector<PrefixRow> rows = PlanRows(sequences, limits.max_sequences);
  std::ranges::stable_sort(rows, std::ranges::greater(), &PrefixRow::length);
  std::vector<PrefixBatch> batches;
  int64_t num_sequences = 0;
  for (PrefixRow& row : rows) {
    const auto branches = static_cast<int64_t>(row.branches.size());
    bool fits = !batches.empty();
    if (fits) {
      const PrefixBatch next = Extended(batches.back(), row);
      const auto num_rows =
          static_cast<int64_t>(batches.back().rows.size()) + 1;
      fits = (limits.max_tokens == 0 ||
              num_rows * next.length() <= limits.max_tokens) &&
             (limits.max_sequences == 0 ||
              num_sequences + branches <= limits.max_sequences);
    }
    if (!fits) {
      batches.emplace_back();
      num_sequences = 0;
    }
    PrefixBatch& batch = batches.back();
    batch.prefix_length = std::max(batch.prefix_length, row.prefix_length);
    batch.suffix_length = std::max(batch.suffix_length, row.suffix_length);
    batch.rows.push_back(std::move(row));
    num_sequences += branches;
  }
  return batches;
}

namespace {

// Writes one row of a batch into its inputs.
class RowWriter {
 public:
  RowWriter(const PrefixBatch& batch, size_t row, PrefixBatchInputs& inputs)
      : batch_(batch),
        row_(batch.rows[row]),
        ids_(inputs.ids.data() + row * Size(batch.length())),
        positions_(inputs.positions.data() + row * Size(batch.length())),
        visible_(inputs.visible.data() +
                 row * Size(batch.suffix_length * batch.length())) {}

  void Write(std::span<const TokenSequence> sequences) {
    for (const Branch& branch : row_.branches) {
      const TokenSequence& tokens =
          sequences[static_cast<size_t>(branch.sequence)];
      for (int64_t i = 0; i < Length(tokens); ++i) {
        const int64_t column = batch_.Column(row_, branch, i);
        ids_[column] = tokens[Size(i)];
        positions_[column] = i;
        if (i >= row_.prefix_length) ShowPast(branch, i);
      }
    }
    for (int64_t i = row_.suffix_length; i < batch_.suffix_length; ++i) {
      visible_[i * batch_.length() + batch_.prefix_length + i] = 1;
    }
  }

 private:
  static size_t Size(int64_t value) { return static_cast<size_t>(value); }

  // Token `position` of a branch sees the prefix and its branch up to itself.
  void ShowPast(const Branch& branch, int64_t position) {
    const int64_t own = batch_.Column(row_, branch, position);
    const int64_t first = batch_.Column(row_, branch, row_.prefix_length);
    uint8_t* keys = visible_ + (own - batch_.prefix_length) * batch_.length();
    std::fill(keys, keys + row_.prefix_length, 1);
    std::fill(keys + first, keys + own + 1, 1);
  }

  const PrefixBatch& batch_;
  const PrefixRow& row_;
  int64_t* ids_;
  int64_t* positions_;
  uint8_t* visible_;
};

}  // namespace

PrefixBatchInputs MakeInputs(const PrefixBatch& batch,
                             std::span<const TokenSequence> sequences) {
  const auto length = static_cast<size_t>(batch.length());
  const size_t num_rows = batch.rows.size();
  PrefixBatchInputs inputs;
  inputs.ids.resize(num_rows * length);
  inputs.positions.resize(num_rows * length);
  inputs.visible.resize(num_rows * static_cast<size_t>(batch.suffix_length) *
                        length);
  for (size_t row = 0; row < num_rows; ++row) {
    RowWriter(batch, row, inputs).Write(sequences);
  }
  return inputs;
}

}  // namespace rankadaptor::llama::internal
