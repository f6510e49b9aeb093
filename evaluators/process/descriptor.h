// Owns an open file descriptor.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_DESCRIPTOR_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_DESCRIPTOR_H_

#include <unistd.h>
#include <utility>

namespace rankadaptor::process::internal {

// One thread at a time.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_DESCRIPTOR_H_
