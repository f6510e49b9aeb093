#include "evaluators/llama/model/projections.h"

#include <array>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rankadaptor/common/check.h"

#include "evaluators/llama/model/cpu_kernels.h"
#include "evaluators/llama/model/function_support.h"
#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// At most this many projections share an input: q, k and v.
constexpr size_t kMaxGroup = 3;

// 0 or 1 for each element of `x`. On the CPU the values follow from the seed
// alone; elsewhere from the seed and the device's generator.
at::Tensor KeepMask(const at::Tensor& x, double dropout, uint64_t seed) {
  if (IsPlainFp32(x)) {
    at::Tensor mask = at::empty(x.sizes(), x.options());
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      FillKeepMask(seed, 1 - dropout, begin, end, MutableValues(mask));
    });
    return mask;
  }
  at::Generator generator =
      at::globalContext().defaultGenerator(x.device()).clone();
  generator.set_current_seed(seed);
  return at::empty(x.sizes(), x.options().dtype(at::kBool))
      .bernoulli_(1 - dropout, generator);
}

// What forward and backward of a group share: everything but x.
struct Adapters {
  std::array<at::Tensor, kMaxGroup> a;  // undefined: not adapted
  std::array<at::Tensor, kMaxGroup> b;
  std::array<double, kMaxGroup> scales = {};  // dropout's factor included

  // All A's below each other: [sum of ranks, in].
  at::Tensor AllA() const {
    std::vector<at::Tensor> defined;
    for (const at::Tensor& matrix : a) {
      if (matrix.defined()) defined.push_back(matrix);
    }
    return defined.size() == 1 ? defined[0] : at::cat(defined);
  }
};

// The columns of module `i` in a matrix with one column for each row of AllA().
at::Tensor ColumnsOf(const Adapters& adapters,
                     size_t i,
                     const at::Tensor& matrix) {
  int64_t offset = 0;
  for (size_t before = 0; before < i; ++before) {
    if (adapters.a[before].defined()) offset += adapters.a[before].size(0);
  }
  return matrix.narrow(1, offset, adapters.a[i].size(0));
}

// y += scale * u B^T, rounded once to y's dtype.
at::Tensor AddUpdate(at::Tensor y,
                     const at::Tensor& u,
                     const at::Tensor& b,
                     double scale) {
  if (y.scalar_type() == b.scalar_type()) {
    return y.addmm_(u, b.t(), 1, scale);
  }
  return at::add(y, at::mm(u, b.t()), scale).to(y.scalar_type());
}

// [..., in] -> [rows, in].
at::Tensor AsRows(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

at::Tensor BiasOf(const ProjectionGroup& group, size_t i) {
  return group.biases.empty() ? at::Tensor() : group.biases[i];
}

// rows W^T + bias.
at::Tensor Product(const at::Tensor& rows,
                   const at::Tensor& weight,
                   const at::Tensor& bias) {
  return bias.defined() ? at::addmm(bias, rows, weight.t())
                        : at::mm(rows, weight.t());
}

struct AdaptedProjections : Function<AdaptedProjections> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& x,
                               const MaybeTensor& a0,
                               const MaybeTensor& b0,
                               const MaybeTensor& a1,
                               const MaybeTensor& b1,
                               const MaybeTensor& a2,
                               const MaybeTensor& b2,
                               const ProjectionGroup& group) {
    const Adapters adapters = {
        {OrUndefined(a0), OrUndefined(a1), OrUndefined(a2)},
        {OrUndefined(b0), OrUndefined(b1), OrUndefined(b2)},
        ScalesOf(group)};
    at::Tensor mask;
    if (group.dropout > 0) {
      mask = KeepMask(x, group.dropout, group.dropout_seed);
    }
    const at::Tensor rows = AsRows(x);
    const at::Tensor all_a = adapters.AllA();
    const at::Tensor u =
        at::mm(Kept(x, mask).to(all_a.scalar_type()), all_a.t());
    variable_list outputs;
    for (size_t i = 0; i < group.weights.size(); ++i) {
      at::Tensor y = Product(rows, group.weights[i], BiasOf(group, i));
      if (adapters.a[i].defined()) {
        y = AddUpdate(
            y, ColumnsOf(adapters, i, u), adapters.b[i], adapters.scales[i]);
      }
      auto sizes = x.sizes().vec();
      sizes.back() = y.size(1);
      outputs.push_back(at::_unsafe_view(y, sizes));
    }
    Save(context, {x, mask, u}, adapters, group);
    return outputs;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& dy) {
    const Saved saved = Restore(context, dy.size());
    const Adapters& adapters = saved.adapters;
    const at::ScalarType wide = saved.u.scalar_type();
    const at::Tensor du = at::empty_like(saved.u);
    std::array<at::Tensor, kMaxGroup> db;
    at::Tensor dx;
    const bool x_needed = context->needs_input_grad(0);
    for (size_t i = 0; i < dy.size(); ++i) {
      const at::Tensor rows = AsRows(dy[i]);
      if (x_needed) AddProduct(rows, saved.weights[i], dx);
      if (!adapters.a[i].defined()) continue;
      const at::Tensor wide_rows = rows.to(wide);
      at::Tensor columns = ColumnsOf(adapters, i, du);
      at::mm_out(columns, wide_rows, adapters.b[i]);
      columns.mul_(adapters.scales[i]);
      db[i] = at::mm(wide_rows.t(), ColumnsOf(adapters, i, saved.u))
                  .mul_(adapters.scales[i]);
    }
    const at::Tensor kept = Kept(saved.x, saved.mask).to(wide);
    const at::Tensor all_da = at::mm(du.t(), kept);
    if (x_needed) AddUpdateGradient(du, adapters.AllA(), saved.mask, dx);
    return Gradients(dx, saved, all_da, db);
  }

 private:
  struct Saved {
    at::Tensor x;
    at::Tensor mask;  // undefined without dropout
    at::Tensor u;     // kept x times A^T, [rows, sum of ranks]
    Adapters adapters = {};
    std::vector<at::Tensor> weights = {};
  };

  static std::array<double, kMaxGroup> ScalesOf(const ProjectionGroup& group) {
    std::array<double, kMaxGroup> scales = {};
    for (size_t i = 0; i < group.adapters.size(); ++i) {
      if (group.adapters[i] != nullptr) {
        scales[i] = group.adapters[i]->scale / (1 - group.dropout);
      }
    }
    return scales;
  }

  // x without what dropout takes away, as rows.
  static at::Tensor Kept(const at::Tensor& x, const at::Tensor& mask) {
    return AsRows(mask.defined() ? x * mask : x);
  }

  static void Save(AutogradContext* context,
                   const Saved& saved,
                   const Adapters& adapters,
                   const ProjectionGroup& group) {
    variable_list tensors = {saved.x, saved.mask, saved.u};
    tensors.insert(tensors.end(), adapters.a.begin(), adapters.a.end());
    tensors.insert(tensors.end(), adapters.b.begin(), adapters.b.end());
    tensors.insert(tensors.end(), group.weights.begin(), group.weights.end());
    context->save_for_backward(std::move(tensors));
    context->saved_data["scales"] =
        std::vector<double>(adapters.scales.begin(), adapters.scales.end());
  }

  static Saved Restore(AutogradContext* context, size_t num_weights) {
    const variable_list tensors = context->get_saved_variables();
    Saved saved = {tensors[0], tensors[1], tensors[2]};
    const std::vector<double> scales =
        context->saved_data["scales"].toDoubleVector();
    for (size_t i = 0; i < kMaxGroup; ++i) {
      saved.adapters.a[i] = tensors[3 + i];
      saved.adapters.b[i] = tensors[3 + kMaxGroup + i];
      saved.adapters.scales[i] = scales[i];
    }
    const auto first =
        tensors.begin() + static_cast<ptrdiff_t>(3 + 2 * kMaxGroup);
    saved.weights.assign(first, first + static_cast<ptrdiff_t>(num_weights));
    return saved;
  }

  // dx += rows W.
  static void AddProduct(const at::Tensor& rows,
                         const at::Tensor& weight,
                         at::Tensor& dx) {
    if (dx.defined()) {
      dx.addmm_(rows, weight);
    } else {
      dx = at::mm(rows, weight);
    }
  }

  // dx += (du A) * mask.
  static void AddUpdateGradient(const at::Tensor& du,
                                const at::Tensor& all_a,
                                const at::Tensor& mask,
                                at::Tensor& dx) {
    if (!mask.defined() && dx.scalar_type() == du.scalar_type()) {
      dx.addmm_(du, all_a);
      return;
    }
    at::Tensor update = at::mm(du, all_a);
    if (mask.defined()) update.mul_(AsRows(mask));
    dx.add_(update);
  }

  static variable_list Gradients(const at::Tensor& dx,
                                 const Saved& saved,
                                 const at::Tensor& all_da,
                                 const std::array<at::Tensor, kMaxGroup>& db) {
    variable_list gradients(1 + 2 * kMaxGroup + 1);  // as forward's arguments
    if (dx.defined()) gradients[0] = dx.view(saved.x.sizes());
    int64_t offset = 0;
    for (size_t i = 0; i < kMaxGroup; ++i) {
      const at::Tensor& a = saved.adapters.a[i];
      if (!a.defined()) continue;
      gradients[1 + 2 * i] = all_da.narrow(0, offset, a.size(0));
      gradients[2 + 2 * i] = db[i];
      offset += a.size(0);
    }
    return gradients;
  }
};

bool IsAdapted(const ProjectionGroup& group) {
  for (const LoraModule* adapter : group.adapters) {
    if (adapter != nullptr && adapter->defined()) return true;
  }
  return false;
}

bool AnyWeightTrains(const ProjectionGroup& group) {
  for (const auto* tensors : {&group.weights, &group.biases}) {
    for (const at::Tensor& tensor : *tensors) {
      if (tensor.defined() && tensor.requires_grad()) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<at::Tensor> Project(const at::Tensor& x,
                                const ProjectionGroup& group) {
  RA_CHECK(group.weights.size() <= kMaxGroup) << group.weights.size();
  if (!IsAdapted(group)) {
    std::vector<at::Tensor> outputs;
    for (size_t i = 0; i < group.weights.size(); ++i) {
      outputs.push_back(
          at::linear(x, group.weights[i], IfDefined(BiasOf(group, i))));
    }
    return outputs;
  }
  RA_CHECK(!AnyWeightTrains(group)) << "adapters stand beside frozen weights";
  std::array<LoraModule, kMaxGroup> adapters;
  for (size_t i = 0; i < group.adapters.size(); ++i) {
    if (group.adapters[i] != nullptr) adapters[i] = *group.adapters[i];
  }
  return AdaptedProjections::apply(x,
                                   IfDefined(adapters[0].a),
                                   IfDefined(adapters[0].b),
                                   IfDefined(adapters[1].a),
                                   IfDefined(adapters[1].b),
                                   IfDefined(adapters[2].a),
                                   IfDefined(adapters[2].b),
                                   group);
}

}  // namespace rankadaptor::llama::internal
