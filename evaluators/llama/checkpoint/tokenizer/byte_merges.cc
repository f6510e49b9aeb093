#include "evaluators/llama/checkpoint/tokenizer/byte_merges.h"

#include <queue>
#include <tuple>

namespace rankadaptor::llama::internal {
namespace {

constexpr int kNone = -1;

uint64_t Pair(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 |
         static_cast<uint32_t>(right);
}

// A merge that was possible when it was queued.
struct Candidate {
  int32_t rank;
  int position;  // of the left symbol
  int32_t id;    // what it gives

  // The queue's top is the lowest rank, of equal ones the leftmost.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.position) > std::tie(b.rank, b.position);
  }
};

}  // namespace

// A doubly linked list in place; merging takes the right one out.
struct ByteMerges::Symbol {
  int32_t id;
  int previous;
  int next;
  bool alive = true;
};

void ByteMerges::AddToken(std::string bytes, int32_t id) {
  tokens_.emplace(std::move(bytes), id);
}

bool ByteMerges::AddMerge(const std::string& left, const std::string& right) {
  const auto a = tokens_.find(left);
  const auto b = tokens_.find(right);
  const auto both = tokens_.find(left + right);
  if (a == tokens_.end() || b == tokens_.end() || both == tokens_.end()) {
    return false;
  }
  // Of a pair that is listed twice the last rank counts.
  merges_[Pair(a->second, b->second)] = {next_rank_++, both->second};
  return true;
}

const ByteMerges::Merge* ByteMerges::Find(int32_t left, int32_t right) const {
  const auto found = merges_.find(Pair(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::vector<ByteMerges::Symbol> ByteMerges::Symbols(
    std::string_view word) const {
  std::vector<Symbol> symbols;
  for (char byte : word) {
    const auto found = tokens_.find(std::string(1, byte));
    if (found == tokens_.end() && !unknown_) continue;
    const int32_t id = found == tokens_.end() ? *unknown_ : found->second;
    const int index = static_cast<int>(symbols.size());
    symbols.push_back({id, index - 1, index + 1});
  }
  if (!symbols.empty()) symbols.back().next = kNone;
  return symbols;
}

void ByteMerges::Encode(std::string_view word,
                        std::vector<int32_t>& ids) const {
  if (ignore_merges_) {
    const auto whole = tokens_.find(std::string(word));
    if (whole != tokens_.end()) {
      ids.push_back(whole->second);
      return;
    }
  }
  std::vector<Symbol> symbols = Symbols(word);
  std::priority_queue<Candidate> queue;
  const auto queue_pair = [&](int left) {
    if (left == kNone || symbols[left].next == kNone) return;
    const Merge* merge = Find(symbols[left].id, symbols[symbols[left].next].id);
    if (merge != nullptr) queue.push({merge->rank, left, merge->id});
  };
  const int size = static_cast<int>(symbols.size());
  for (int i = 0; i < size; ++i) queue_pair(i);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = symbols[top.position];
    if (!left.alive || left.next == kNone) continue;
    Symbol& right = symbols[left.next];
    // The pair may have become another one; like the reference, what counts is
    // that it still gives the same token.
    const Merge* merge = Find(left.id, right.id);
    if (merge == nullptr || merge->id != top.id) continue;
    left.id = top.id;
    right.alive = false;
    left.next = right.next;
    if (left.next != kNone) symbols[left.next].previous = top.position;
    queue_pair(left.previous);
    queue_pair(top.position);
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.alive) ids.push_back(symbol.id);
  }
}

}  // namespace rankadaptor::llama::internal
