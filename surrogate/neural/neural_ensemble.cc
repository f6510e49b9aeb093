#include "rankadaptor/surrogate/neural_ensemble.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "surrogate/neural/last_layer.h"
#include "surrogate/neural/least_squares.h"
#include "surrogate/neural/level_encoding.h"
#include "surrogate/neural/row_function.h"
#include "surrogate/neural/tanh_network.h"
#include "surrogate/structured/row_selection.h"
#include "surrogate/structured/score_scale.h"

namespace rankadaptor::surrogate {
namespace {

// Of more rows a part is used to train; the last layers of sources see more.
constexpr int kMaxRows = 600;
constexpr int kMaxSourceRows = 800;  // of all sources together

// Expected shares of the standardised scores' variance.
constexpr double kHiddenShare = 0.3;
constexpr double kWideShare = 0.4;
constexpr double kNeighbourShare = 0.2;  // of products of neighbours
constexpr double kProductShare = 0.1;    // of the other products
constexpr double kSourceShare = 0.5;
constexpr double kNoiseShare = 0.3;

// The hidden layers are trained as if the noise had this many times the
// variance that the evidence gives it: what they learn from noise, the last
// layer cannot undo. Error on unseen points from 100 noisy ones of family pair:
// 0.63 with 3, 0.58 with 100, at a third of the time; add 0.54 and 0.50.
constexpr double kCaution = 30;

// Products of rows and parameters that one training may cost: fewer iterations
// for larger problems.
constexpr double kMaxWork = 2e7;
constexpr int kMaxIterations = 15;

int NumIterations(int num_rows, int num_parameters) {
  const double work = static_cast<double>(num_rows) * num_parameters;
  return std::clamp(static_cast<int>(kMaxWork / work), 3, kMaxIterations);
}

Eigen::VectorXd Standardised(const ScoreScale& scale,
                             std::span<const double> scores) {
  Eigen::VectorXd targets(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    targets[static_cast<Eigen::Index>(i)] = scale.Standardise(scores[i]);
  }
  return targets;
}

// The rows with these indices.
std::vector<int32_t> Gather(std::span<const int32_t> rows,
                            const std::vector<int>& indices,
                            size_t num_dimensions) {
  std::vector<int32_t> gathered;
  for (int index : indices) {
    const auto row = rows.subspan(index * num_dimensions, num_dimensions);
    gathered.insert(gathered.end(), row.begin(), row.end());
  }
  return gathered;
}

// A network with its last layer, which replaces the trained one.
struct Member {
  TanhNetwork network;
  CompiledNetwork compiled;
  LastLayer last;
  std::optional<LastLayer> settled;  // `last` without pending rows
};

}  // namespace

struct NeuralEnsemble::State {
  LevelEncoding encoding;
  NeuralEnsembleOptions options;

  // What the sources taught: shared hidden layers, and each source's output as
  // weights of its features.
  std::optional<TanhNetwork> shared;
  CompiledNetwork compiled_shared;
  std::vector<Eigen::VectorXd> source_outputs;

  ScoreScale scale;
  std::vector<Member> members;

  // Wide features that are not what sources predict.
  int num_direct() const {
    return encoding.num_inputs() + static_cast<int>(encoding.products().size());
  }
  TanhNetworkShape Shape(int num_wide, int num_heads) const;
  FeatureGroups Groups(int num_sources) const;
  NetworkRows DirectRows(std::span<const int32_t> rows) const;
  NetworkRows Rows(std::span<const int32_t> rows) const;
  Eigen::VectorXd Features(const Member& member, const NetworkRows& row) const;
  TanhNetwork StartNetwork(int index) const;
  void LearnShared(std::span<const NeuralSource> sources);
  void LearnSourceOutput(const NeuralSource& source);
  void AddSource(int index, double weight, RowFunction::State& function) const;
  void AddMember(const Member& member,
                 const Eigen::VectorXd& weights,
                 RowFunction::State& function) const;
  void Append(std::span<const int32_t> row, double target);
};

TanhNetworkShape NeuralEnsemble::State::Shape(int num_wide,
                                              int num_heads) const {
  TanhNetworkShape shape{.num_wide = num_wide, .num_heads = num_heads};
  shape.widths.push_back(encoding.num_inputs());
  shape.widths.insert(shape.widths.end(),
                      options.hidden_widths.begin(),
                      options.hidden_widths.end());
  return shape;
}

FeatureGroups NeuralEnsemble::State::Groups(int num_sources) const {
  FeatureGroups groups;
  auto add = [&](int size, double share) {
    if (size == 0) return;
    groups.sizes.push_back(size);
    groups.variances.push_back(share / size);
  };
  add(options.hidden_widths.back(), kHiddenShare);
  add(encoding.num_inputs(), kWideShare);
  add(encoding.num_neighbour_products(), kNeighbourShare);
  add(num_direct() - encoding.num_inputs() - encoding.num_neighbour_products(),
      kProductShare);
  add(num_sources, kSourceShare);
  add(1, 0.25);
  return groups;
}

// Wide features: the inputs and their products.
NetworkRows NeuralEnsemble::State::DirectRows(
    std::span<const int32_t> rows) const {
  NetworkRows result{.inputs = encoding.Encode(rows), .heads = {}};
  result.wide.resize(result.size(), num_direct());
  result.wide << result.inputs, encoding.Products(result.inputs);
  return result;
}

// The same, and what the sources predict.
NetworkRows NeuralEnsemble::State::Rows(std::span<const int32_t> rows) const {
  NetworkRows result = DirectRows(rows);
  if (source_outputs.empty()) return result;
  const Matrix features = shared->Features(result);
  const auto num_sources = static_cast<Eigen::Index>(source_outputs.size());
  result.wide.conservativeResize(Eigen::NoChange, num_direct() + num_sources);
  for (Eigen::Index s = 0; s < num_sources; ++s) {
    result.wide.col(num_direct() + s) =
        features * source_outputs[static_cast<size_t>(s)];
  }
  return result;
}

Eigen::VectorXd NeuralEnsemble::State::Features(const Member& member,
                                                const NetworkRows& row) const {
  return member.network.Features(row).row(0);
}

TanhNetwork NeuralEnsemble::State::StartNetwork(int index) const {
  const auto num_sources = static_cast<int>(source_outputs.size());
  TanhNetwork network(
      Shape(num_direct() + num_sources, 1),
      DeriveSeed(options.seed, "network", static_cast<uint64_t>(index)));
  if (shared && index % 2 == 0) {
    const int num_hidden = network.shape().num_hidden_parameters();
    network.parameters().head(num_hidden) =
        shared->parameters().head(num_hidden);
  }
  return network;
}

void NeuralEnsemble::State::LearnShared(std::span<const NeuralSource> sources) {
  const auto num_sources = static_cast<int>(sources.size());
  const int limit = std::max(20, kMaxSourceRows / num_sources);
  const auto d = static_cast<size_t>(encoding.num_dimensions());
  std::vector<int32_t> all;
  std::vector<int> heads;
  std::vector<double> targets;
  for (int s = 0; s < num_sources; ++s) {
    const NeuralSource& source = sources[s];
    const ScoreScale source_scale(source.scores);
    const std::vector<int> chosen = SelectRows(source.scores, limit);
    const std::vector<int32_t> rows = Gather(source.rows, chosen, d);
    all.insert(all.end(), rows.begin(), rows.end());
    for (int r : chosen) {
      heads.push_back(s);
      targets.push_back(source_scale.Standardise(source.scores[r]));
    }
  }
  NetworkRows rows = DirectRows(all);
  rows.heads = std::move(heads);
  TanhNetwork network(Shape(num_direct(), num_sources),
                      DeriveSeed(options.seed, "shared network"));
  const Eigen::VectorXd standardised =
      Eigen::Map<const Eigen::VectorXd>(targets.data(), rows.size());
  TrainLeastSquares(rows,
                    standardised,
                    {.noise_deviation = std::sqrt(kNoiseShare),
                     .max_iterations = NumIterations(
                         rows.size(), network.shape().num_parameters())},
                    network);
  shared = std::move(network);
  compiled_shared = CompiledNetwork(*shared, encoding);
}

void NeuralEnsemble::State::LearnSourceOutput(const NeuralSource& source) {
  const std::vector<int> chosen = SelectRows(source.scores, kMaxRows);
  const auto d = static_cast<size_t>(encoding.num_dimensions());
  const NetworkRows rows = DirectRows(Gather(source.rows, chosen, d));
  std::vector<double> scores;
  for (int r : chosen) scores.push_back(source.scores[r]);
  const LastLayer last(shared->Features(rows),
                       Standardised(ScoreScale(scores), scores),
                       Groups(0),
                       kNoiseShare);
  source_outputs.push_back(last.mean());
}

void NeuralEnsemble::State::AddSource(int index,
                                      double weight,
                                      RowFunction::State& function) const {
  const Eigen::VectorXd weights = weight * source_outputs[index];
  const int width = options.hidden_widths.back();
  function.AddHidden(compiled_shared, weights.head(width));
  function.AddDirect(weights.segment(width, num_direct()));
  function.constant += weights[weights.size() - 1];
}

void NeuralEnsemble::State::AddMember(const Member& member,
                                      const Eigen::VectorXd& weights,
                                      RowFunction::State& function) const {
  const int width = options.hidden_widths.back();
  function.AddHidden(member.compiled, weights.head(width));
  function.AddDirect(weights.segment(width, num_direct()));
  for (size_t s = 0; s < source_outputs.size(); ++s) {
    AddSource(static_cast<int>(s),
              weights[width + num_direct() + static_cast<int>(s)],
              function);
  }
  function.constant += weights[weights.size() - 1];
}

void NeuralEnsemble::State::Append(std::span<const int32_t> row,
                                   double target) {
  const NetworkRows rows = Rows(row);
  for (Member& member : members) {
    member.last.Append(Features(member, rows), target);
  }
}

NeuralEnsemble::NeuralEnsemble(std::vector<Dimension> dimensions,
                               const NeuralEnsembleOptions& options)
    : state_(new State{
          .encoding = LevelEncoding(dimensions, options.with_products),
          .options = options}) {}
NeuralEnsemble::NeuralEnsemble(NeuralEnsemble&&) noexcept = default;
NeuralEnsemble& NeuralEnsemble::operator=(NeuralEnsemble&&) noexcept = default;
NeuralEnsemble::~NeuralEnsemble() = default;

void NeuralEnsemble::MetaLearn(std::span<const NeuralSource> sources) {
  state_->source_outputs.clear();
  state_->shared.reset();
  if (sources.empty()) return;
  state_->LearnShared(sources);
  for (const NeuralSource& source : sources) state_->LearnSourceOutput(source);
}

void NeuralEnsemble::Fit(std::span<const int32_t> rows,
                         std::span<const double> scores) {
  State& s = *state_;
  const std::vector<int> chosen = SelectRows(scores, kMaxRows);
  std::vector<double> chosen_scores;
  for (int r : chosen) chosen_scores.push_back(scores[r]);
  s.scale = ScoreScale(scores);
  const Eigen::VectorXd targets = Standardised(s.scale, chosen_scores);
  const NetworkRows data = s.Rows(
      Gather(rows, chosen, static_cast<size_t>(s.encoding.num_dimensions())));
  const FeatureGroups groups =
      s.Groups(static_cast<int>(s.source_outputs.size()));
  // What random hidden layers cannot explain is about the noise.
  const LastLayer untrained(
      s.StartNetwork(0).Features(data), targets, groups, kNoiseShare);
  s.members.clear();
  for (int m = 0; m < s.options.num_networks; ++m) {
    TanhNetwork network = s.StartNetwork(m);
    TrainLeastSquares(
        data,
        targets,
        {.noise_deviation = std::sqrt(kCaution * untrained.noise_variance()),
         .max_iterations =
             NumIterations(data.size(), network.shape().num_parameters())},
        network);
    LastLayer last(network.Features(data), targets, groups, kNoiseShare);
    CompiledNetwork compiled(network, s.encoding);
    s.members.push_back({.network = std::move(network),
                         .compiled = std::move(compiled),
                         .last = std::move(last),
                         .settled = {}});
  }
}

void NeuralEnsemble::Append(std::span<const int32_t> row, double score) {
  state_->Append(row, state_->scale.Standardise(score));
}

void NeuralEnsemble::AppendPending(std::span<const int32_t> row) {
  const double mean = Predict(row).mean;
  for (Member& member : state_->members) {
    if (!member.settled) member.settled = member.last;
  }
  state_->Append(row, mean);
}

void NeuralEnsemble::DropPending() {
  for (Member& member : state_->members) {
    if (!member.settled) continue;
    member.last = *std::move(member.settled);
    member.settled.reset();
  }
}

Prediction NeuralEnsemble::Predict(std::span<const int32_t> row) const {
  const State& s = *state_;
  const NetworkRows rows = s.Rows(row);
  const auto n = static_cast<double>(s.members.size());
  double sum = 0;
  double squares = 0;
  double variance = 0;
  for (const Member& member : s.members) {
    const Eigen::VectorXd features = s.Features(member, rows);
    const double mean = features.dot(member.last.mean());
    sum += mean;
    squares += mean * mean;
    variance += member.last.Variance(features) / n;
  }
  const double mean = sum / n;
  const double disagreement = std::max(0.0, squares / n - mean * mean);
  return {.mean = mean, .deviation = std::sqrt(variance + disagreement)};
}

double NeuralEnsemble::noise_deviation() const {
  double variance = 0;
  for (const Member& member : state_->members) {
    variance += member.last.noise_variance();
  }
  return std::sqrt(variance / static_cast<double>(state_->members.size()));
}

double NeuralEnsemble::ToScore(double standardised) const {
  return state_->scale.Restore(standardised);
}

RowFunction NeuralEnsemble::Mean() const {
  const State& s = *state_;
  auto function = std::make_unique<RowFunction::State>(s.encoding);
  for (const Member& member : s.members) {
    s.AddMember(member,
                member.last.mean() / static_cast<double>(s.members.size()),
                *function);
  }
  return RowFunction(std::move(function));
}

RowFunction NeuralEnsemble::Sample(uint64_t seed, double spread) const {
  const State& s = *state_;
  RandomStream stream(seed);
  const Member& member = s.members[static_cast<size_t>(
      stream.UniformInt(0, static_cast<int64_t>(s.members.size()) - 1))];
  auto function = std::make_unique<RowFunction::State>(s.encoding);
  s.AddMember(member, member.last.Sample(stream, spread), *function);
  return RowFunction(std::move(function));
}

RowFunction NeuralEnsemble::SourceMean(int index) const {
  auto function = std::make_unique<RowFunction::State>(state_->encoding);
  state_->AddSource(index, 1, *function);
  return RowFunction(std::move(function));
}

}  // namespace rankadaptor::surrogate
