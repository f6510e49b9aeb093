#include "evaluators/llama/model/layer_ops.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evaluators/llama/model/cpu_kernels.h"
#include "evaluators/llama/model/function_support.h"

namespace rankadaptor::llama::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// --- RmsNorm -----------------------------------------------------------------

struct Normalised {
  at::Tensor y;
  at::Tensor scales;  // 1 / rms, fp32, [..., 1]
};

Normalised NormaliseOnCpu(const at::Tensor& x,
                          const at::Tensor& weight,
                          double eps) {
  const int64_t width = x.size(-1);
  auto sizes = x.sizes().vec();
  sizes.back() = 1;
  Normalised result = {at::empty_like(x), at::empty(sizes, x.options())};
  at::parallel_for(0,
                   result.scales.numel(),
                   std::max<int64_t>(1, kGrain / width),
                   [&](int64_t begin, int64_t end) {
                     RmsNormRows(Values(x) + begin * width,
                                 Values(weight),
                                 end - begin,
                                 width,
                                 static_cast<float>(eps),
                                 MutableValues(result.y) + begin * width,
                                 MutableValues(result.scales) + begin);
                   });
  return result;
}

Normalised Normalise(const at::Tensor& x,
                     const at::Tensor& weight,
                     double eps) {
  if (IsPlainFp32(x)) return NormaliseOnCpu(x, weight, eps);
  at::Tensor wide = x.to(at::kFloat);
  at::Tensor scales = at::rsqrt(wide.square().mean(-1, true) + eps);
  return {(wide * scales).to(x.scalar_type()) * weight, scales};
}

struct NormGradients {
  at::Tensor x;
  at::Tensor weight;  // undefined unless asked for
};

NormGradients NormaliseBackwardOnCpu(const at::Tensor& dy,
                                     const at::Tensor& x,
                                     const at::Tensor& weight,
                                     const at::Tensor& scales,
                                     bool weight_needed) {
  const int64_t width = x.size(-1);
  NormGradients gradients = {at::empty_like(x), {}};
  if (weight_needed) gradients.weight = at::zeros_like(weight);
  const auto rows = [&](int64_t begin, int64_t end) {
    RmsNormRowsBackward(
        Values(dy) + begin * width,
        Values(x) + begin * width,
        Values(weight),
        Values(scales) + begin,
        end - begin,
        width,
        MutableValues(gradients.x) + begin * width,
        weight_needed ? MutableValues(gradients.weight) : nullptr);
  };
  // The weight's gradient is a sum over rows: one thread, one order.
  if (weight_needed) {
    rows(0, scales.numel());
  } else {
    at::parallel_for(
        0, scales.numel(), std::max<int64_t>(1, kGrain / width), rows);
  }
  return gradients;
}

NormGradients NormaliseBackward(const at::Tensor& dy,
                                const at::Tensor& x,
                                const at::Tensor& weight,
                                const at::Tensor& scales,
                                bool weight_needed) {
  if (IsPlainFp32(x)) {
    return NormaliseBackwardOnCpu(
        dy.contiguous(), x, weight, scales, weight_needed);
  }
  at::Tensor wide = x.to(at::kFloat);
  at::Tensor pulled = (dy * weight).to(at::kFloat);
  at::Tensor dot = (pulled * wide).mean(-1, true);
  NormGradients gradients;
  gradients.x =
      (pulled * scales - wide * (dot * scales.pow(3))).to(x.scalar_type());
  if (weight_needed) {
    gradients.weight = (dy * (wide * scales).to(x.scalar_type()))
                           .reshape({-1, x.size(-1)})
                           .sum(0);
  }
  return gradients;
}

struct RmsNormFunction : Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& input,
                            const at::Tensor& weight,
                            double eps) {
    const at::Tensor x = input.contiguous();
    Normalised result = Normalise(x, weight, eps);
    context->save_for_backward({x, weight, result.scales});
    return result.y;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& dy) {
    const variable_list saved = context->get_saved_variables();
    NormGradients gradients = NormaliseBackward(
        dy[0], saved[0], saved[1], saved[2], context->needs_input_grad(1));
    return {gradients.x, gradients.weight, {}};
  }
};

// --- SwiGlu ------------------------------------------------------------------

struct SwiGluFunction : Function<SwiGluFunction> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& gate_input,
                            const at::Tensor& up_input) {
    const at::Tensor gate = gate_input.contiguous();
    const at::Tensor up = up_input.contiguous();
    context->save_for_backward({gate, up});
    if (!IsPlainFp32(gate)) return at::silu(gate) * up;
    at::Tensor y = at::empty_like(gate);
    at::parallel_for(0, gate.numel(), kGrain, [&](int64_t begin, int64_t end) {
      internal::SwiGlu(Values(gate) + begin,
                       Values(up) + begin,
                       end - begin,
                       MutableValues(y) + begin);
    });
    return y;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& gate = saved[0];
    const at::Tensor& up = saved[1];
    if (!IsPlainFp32(gate)) {
      return {at::silu_backward(grads[0] * up, gate),
              grads[0] * at::silu(gate)};
    }
    const at::Tensor dy = grads[0].contiguous();
    at::Tensor dgate = at::empty_like(gate);
    at::Tensor dup = at::empty_like(up);
    at::parallel_for(0, gate.numel(), kGrain, [&](int64_t begin, int64_t end) {
      SwiGluBackward(Values(dy) + begin,
                     Values(gate) + begin,
                     Values(up) + begin,
                     end - begin,
                     MutableValues(dgate) + begin,
                     MutableValues(dup) + begin);
    });
    return {dgate, dup};
  }
};

// --- SpreadHeads -------------------------------------------------------------

// Where the tables of a batch entry are.
struct TablePointers {
  TablePointers(const at::Tensor& cosine,
                const at::Tensor& signed_sine,
                const HeadShape& shape)
      : cosine_(cosine.defined() ? Values(cosine) : nullptr),
        signed_sine_(cosine.defined() ? Values(signed_sine) : nullptr) {
    const int64_t one = shape.length * shape.head_dim;
    stride_ = cosine.defined() && cosine.numel() > one ? one : 0;
  }
  const float* cosine(int64_t entry) const {
    return cosine_ == nullptr ? nullptr : cosine_ + entry * stride_;
  }
  const float* signed_sine(int64_t entry) const {
    return cosine_ == nullptr ? nullptr : signed_sine_ + entry * stride_;
  }

 private:
  const float* cosine_;
  const float* signed_sine_;
  int64_t stride_;
};

int64_t RowGrain(int64_t row_size) {
  return std::max<int64_t>(1, kGrain / row_size);
}

struct SpreadHeadsFunction : Function<SpreadHeadsFunction> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& input,
                            const MaybeTensor& maybe_cosine,
                            const MaybeTensor& maybe_sine,
                            int64_t num_heads,
                            int64_t repeat) {
    const at::Tensor x = input.contiguous();
    const HeadShape shape = {
        x.size(1), num_heads, repeat, x.size(2) / num_heads};
    const at::Tensor cosine = OrUndefined(maybe_cosine);
    const at::Tensor signed_sine = OrUndefined(maybe_sine);
    context->save_for_backward({cosine, signed_sine});
    context->saved_data["num_heads"] = num_heads;
    context->saved_data["repeat"] = repeat;
    at::Tensor y =
        at::empty({x.size(0), num_heads * repeat, shape.length, shape.head_dim},
                  x.options());
    const TablePointers tables(cosine, signed_sine, shape);
    const int64_t from = x.stride(0);
    const int64_t to = y.stride(0);
    at::parallel_for(
        0, x.size(0), RowGrain(to), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            internal::SpreadHeads(Values(x) + i * from,
                                  tables.cosine(i),
                                  tables.signed_sine(i),
                                  shape,
                                  MutableValues(y) + i * to);
          }
        });
    return y;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor dy = grads[0].contiguous();
    const HeadShape shape = {dy.size(2),
                             context->saved_data["num_heads"].toInt(),
                             context->saved_data["repeat"].toInt(),
                             dy.size(3)};
    at::Tensor dx =
        at::empty({dy.size(0), shape.length, shape.num_heads * shape.head_dim},
                  dy.options());
    const TablePointers tables(saved[0], saved[1], shape);
    const int64_t from = dy.stride(0);
    const int64_t to = dx.stride(0);
    at::parallel_for(
        0, dy.size(0), RowGrain(from), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            SpreadHeadsBackward(Values(dy) + i * from,
                                tables.cosine(i),
                                tables.signed_sine(i),
                                shape,
                                MutableValues(dx) + i * to);
          }
        });
    return {dx, {}, {}, {}, {}};
  }
};

// The same as a chain of tensor operations. x: [batch, length, heads,
// head_dim].
at::Tensor Rotate(const at::Tensor& x, const RotaryTables& tables) {
  at::Tensor swapped = at::roll(x, x.size(-1) / 2, -1);
  return x * tables.cosine + swapped * tables.signed_sine;
}

at::Tensor SpreadByOperations(const at::Tensor& x,
                              const RotaryTables* tables,
                              int64_t num_heads,
                              int64_t repeat) {
  const int64_t batch = x.size(0);
  const int64_t length = x.size(1);
  at::Tensor heads = x.view({batch, length, num_heads, -1});
  if (tables != nullptr) heads = Rotate(heads, *tables);
  heads = heads.transpose(1, 2);
  if (repeat == 1) return heads;
  const int64_t head_dim = heads.size(3);
  return heads.unsqueeze(2)
      .expand({batch, num_heads, repeat, length, head_dim})
      .reshape({batch, num_heads * repeat, length, head_dim});
}

}  // namespace

at::Tensor RmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  return RmsNormFunction::apply(x, weight, eps);
}

at::Tensor SwiGlu(const at::Tensor& gate, const at::Tensor& up) {
  return SwiGluFunction::apply(gate, up);
}

at::Tensor SpreadHeads(const at::Tensor& x,
                       const RotaryTables* tables,
                       int64_t num_heads,
                       int64_t repeat) {
  const bool only_moves = tables == nullptr && repeat == 1;
  if (!IsPlainFp32(x) || only_moves) {
    return SpreadByOperations(x, tables, num_heads, repeat);
  }
  return SpreadHeadsFunction::apply(
      x,
      tables == nullptr ? std::nullopt : MaybeTensor(tables->cosine),
      tables == nullptr ? std::nullopt : MaybeTensor(tables->signed_sine),
      num_heads,
      repeat);
}

}  // namespace rankadaptor::llama::internal
