#include "evaluators/llama/scoring/prefix_batches.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rankadaptor::llama::internal {
namespace {

int64_t Length(const TokenSequence& sequence) {
  return static_cast<int64_t>(sequence.size());
}

int64_t CommonPrefix(const TokenSequence& a, const TokenSequence& b) {
  return std::ranges::mismatch(a, b).in1 - a.begin();
}

// A row under construction from sequences in lexicographic order.
class RowBuilder {
 public:
  RowBuilder(std::span<const TokenSequence> sequences,
             const BatchLimits& limits,
             int first)
      : sequences_(sequences), limits_(limits), members_{first} {
    prefix_ = total_ = Length(At(first));
  }

  // Takes `next` in if computing it here is cheaper than in a row of its own.
  bool TryAdd(int next) {
    const auto count = static_cast<int64_t>(members_.size());
    if (limits_.max_sequences > 0 && count >= limits_.max_sequences) {
      return false;
    }
    const TokenSequence& sequence = At(next);
    const bool repeated = sequence == At(members_.back());
    const int64_t prefix =
        std::min(prefix_, CommonPrefix(At(members_.front()), sequence));
    const int64_t total = total_ + (repeated ? 0 : Length(sequence));
    const int64_t distinct = distinct_ + (repeated ? 0 : 1);
    const PassCost& cost = limits_.cost;
    const double joint = cost.Row(prefix, total - distinct * prefix);
    const double apart = cost.Row(prefix_, total_ - distinct_ * prefix_) +
                         cost.Row(Length(sequence), 0);
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
  const BatchLimits& limits_;
  std::vector<int> members_;
  int64_t prefix_ = 0;
  int64_t total_ = 0;  // tokens of the distinct members, prefixes included
  int64_t distinct_ = 1;
};

// Rows of sequences that stand next to each other in lexicographic order.
std::vector<PrefixRow> PlanRows(std::span<const TokenSequence> sequences,
                                const BatchLimits& limits) {
  std::vector<int> order(sequences.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](int a, int b) {
    const auto& left = sequences[static_cast<size_t>(a)];
    const auto& right = sequences[static_cast<size_t>(b)];
    return left == right ? a < b : left < right;
  });
  std::vector<PrefixRow> rows;
  for (size_t i = 0; i < order.size();) {
    RowBuilder builder(sequences, limits, order[i]);
    for (++i; i < order.size(); ++i) {
      if (!builder.TryAdd(order[i])) break;
    }
    rows.push_back(builder.Build());
  }
  return rows;
}

// A pass under construction from rows of similar shape.
class BatchBuilder {
 public:
  BatchBuilder(const BatchLimits& limits, PrefixRow first) : limits_(limits) {
    Add(std::move(first));
  }

  // Takes `row` in if padding costs less than a pass of its own.
  bool TryAdd(PrefixRow& row) {
    const int64_t prefix = std::max(batch_.prefix_length, row.prefix_length);
    const int64_t suffix = std::max(batch_.suffix_length, row.suffix_length);
    const auto num_rows = static_cast<int64_t>(batch_.rows.size());
    const auto branches = static_cast<int64_t>(row.branches.size());
    if ((num_rows + 1) * (prefix + suffix) > limits_.max_tokens) return false;
    if (limits_.max_sequences > 0 &&
        num_sequences_ + branches > limits_.max_sequences) {
      return false;
    }
    const PassCost& cost = limits_.cost;
    const double joint =
        static_cast<double>(num_rows + 1) * cost.Row(prefix, suffix);
    const double apart =
        static_cast<double>(num_rows) *
            cost.Row(batch_.prefix_length, batch_.suffix_length) +
        cost.Row(row.prefix_length, row.suffix_length) + cost.overhead;
    if (joint >= apart) return false;
    Add(std::move(row));
    return true;
  }

  PrefixBatch Take() { return std::move(batch_); }

 private:
  void Add(PrefixRow row) {
    batch_.prefix_length = std::max(batch_.prefix_length, row.prefix_length);
    batch_.suffix_length = std::max(batch_.suffix_length, row.suffix_length);
    num_sequences_ += static_cast<int64_t>(row.branches.size());
    batch_.rows.push_back(std::move(row));
  }

  const BatchLimits& limits_;
  PrefixBatch batch_;
  int64_t num_sequences_ = 0;
};

}  // namespace

double PassCost::Row(int64_t prefix_length, int64_t suffix_length) const {
  const auto p = static_cast<double>(prefix_length);
  const auto s = static_cast<double>(suffix_length);
  return p + s + (p * p / 2 + s * (p + s)) / pairs_per_token;
}

int64_t PrefixBatch::Column(const PrefixRow& row,
                            const Branch& branch,
                            int64_t position) const {
  if (position < row.prefix_length) return position;
  return prefix_length + branch.offset + position - row.prefix_length;
}

std::vector<PrefixBatch> PlanPrefixBatches(
    std::span<const TokenSequence> sequences, const BatchLimits& limits) {
  std::vector<PrefixRow> rows = PlanRows(sequences, limits);
  // Longest first, so that a lack of memory shows at once.
  std::ranges::stable_sort(
      rows, std::ranges::greater(), [](const PrefixRow& row) {
        return std::pair(row.prefix_length, row.suffix_length);
      });
  std::vector<PrefixBatch> batches;
  for (size_t i = 0; i < rows.size();) {
    BatchBuilder builder(limits, std::move(rows[i]));
    for (++i; i < rows.size(); ++i) {
      if (!builder.TryAdd(rows[i])) break;
    }
    batches.push_back(builder.Take());
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
