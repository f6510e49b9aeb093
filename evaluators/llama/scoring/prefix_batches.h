// Plans forward passes over token sequences that begin alike. The choices of a
// question share its text, so that text is put into a row once and the choices
// follow it as branches:
//
//   row:       | shared prefix | branch 0 | branch 1 | ... | padding |
//   position:  | 0 .. p-1      | p p+1 .. | p p+1 .. |
//
// The prefix is an ordinary causal sequence; a token of a branch sees the
// prefix and its own branch up to itself. What comes out at a token is what a
// pass over its sequence alone would give.
//
// No LibTorch here. Thread-safety: plain values; functions are thread-safe.
#ifndef RANKADAPTOR_LLAMA_SCORING_PREFIX_BATCHES_H_
#define RANKADAPTOR_LLAMA_SCORING_PREFIX_BATCHES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rankadaptor::llama::internal {

using TokenSequence = std::vector<int32_t>;

// One sequence in a row: its first `prefix_length` tokens of the row are the
// row's prefix, the rest begin `offset` tokens behind the prefix.
struct Branch {
  int sequence = 0;  // index into the planned sequences
  int64_t offset = 0;
};

struct PrefixRow {
  int64_t prefix_length = 0;     // at least 1
  int64_t suffix_length = 0;     // all branches together
  std::vector<Branch> branches;  // at least one; equal sequences share a place

  int64_t length() const { return prefix_length + suffix_length; }
};

// Rows of one forward pass, padded to the longest prefix and the longest
// suffix.
struct PrefixBatch {
  std::vector<PrefixRow> rows;
  int64_t prefix_length = 0;
  int64_t suffix_length = 0;

  int64_t length() const { return prefix_length + suffix_length; }

  // The column that holds token `position` of a branch of `row`.
  int64_t Column(const PrefixRow& row,
                 const Branch& branch,
                 int64_t position) const;
};

// What a forward pass costs, in units of one token's share of the matrix
// products and norms.
struct PassCost {
  double pairs_per_token = 128;  // attention: this many query-key pairs are 1
  double overhead = 32;          // of any pass, however short

  // One row. The suffix is computed against all of itself, so many long
  // branches in one row are a bad deal.
  double Row(int64_t prefix_length, int64_t suffix_length) const;
};

struct BatchLimits {
  PassCost cost;
  int64_t max_sequences = 0;  // in one pass; 0: no limit
  int64_t max_tokens = 4096;  // in one pass of more than one row, with padding
};

// Every sequence exactly once, in passes that are cheap in total: what begins
// alike shares a row, rows of about the same shape share a pass. Sequences must
// not be empty.
std::vector<PrefixBatch> PlanPrefixBatches(
    std::span<const TokenSequence> sequences, const BatchLimits& limits);

// What the model needs to run a batch, row-major.
struct PrefixBatchInputs {
  std::vector<int64_t> ids;        // [rows, length], padding is 0
  std::vector<int64_t> positions;  // [rows, length]
  // 1 where a suffix token (row) may look at a token (column); a padding token
  // sees itself: [rows, suffix_length, length].
  std::vector<uint8_t> visible;
};

PrefixBatchInputs MakeInputs(const PrefixBatch& batch,
                             std::span<const TokenSequence> sequences);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_PREFIX_BATCHES_H_
