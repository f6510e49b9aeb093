#include "runners/sweep/result_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <ranges>
#include <utility>

namespace rankadaptor::runners {
namespace {

constexpr char kAverage[] = "average";

using Samples = std::vector<double>;
using SamplesOfSeeds = std::map<int, Samples>;  // by the seed's index

double Mean(const Samples& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) /
         static_cast<double>(samples.size());
}

struct Row {
  ResultRow::Kind kind = ResultRow::Kind::kFound;
  std::string label;
  std::string method;
  std::map<std::string, SamplesOfSeeds> columns;

  // True if both say the same of every seed that both have.
  bool Agrees(const Row& other) const {
    for (const auto& [column, seeds] : columns) {
      const auto others = other.columns.find(column);
      if (others == other.columns.end()) continue;
      for (const auto& [seed, samples] : seeds) {
        const auto same = others->second.find(seed);
        if (same != others->second.end() && same->second != samples) {
          return false;
        }
      }
    }
    return true;
  }

  void TakeFrom(const Row& other) {
    for (const auto& [column, seeds] : other.columns) {
      columns[column].insert(seeds.begin(), seeds.end());
    }
  }
};

using Block = std::vector<Row>;

class TableMaker {
 public:
  explicit TableMaker(const SweepPlan& plan) : plan_(plan) {
    for (const SweepAxis& axis : plan.axes) {
      has_tasks_ = has_tasks_ || axis.role == AxisRole::kTasks;
      has_seeds_ = has_seeds_ ||
                   (axis.role == AxisRole::kSeed && axis.choices.size() > 1);
    }
  }

  void Add(const SweepStudy& study, const StudyResult& result) {
    Block& block = blocks_[ChoicesOf(study, AxisRole::kSetting)];
    for (const ResultRow& row : result.rows) AddRow(study, row, block);
  }

  ResultTable Finish() {
    if (has_tasks_) AddAverages();
    ResultTable table{.columns = columns_};
    for (const SweepAxis& axis : plan_.axes) {
      if (axis.role == AxisRole::kSetting) table.settings.push_back(axis.name);
    }
    for (const auto& [settings, rows] : blocks_) {
      Block block = WithoutRepeats(rows);
      std::ranges::stable_sort(block, {}, &Row::kind);
      FinishBlock(settings, block, table);
    }
    return table;
  }

 private:
  std::vector<std::string> ChoicesIn(const SweepStudy& study,
                                     AxisRole role) const {
    std::vector<std::string> names;
    for (size_t i = 0; i < plan_.axes.size(); ++i) {
      const SweepAxis& axis = plan_.axes[i];
      if (axis.role != role) continue;
      names.push_back(axis.choices[study.choices[i]].name);
    }
    return names;
  }

  // Indices, so that blocks keep the order of the choices.
  std::vector<int> ChoicesOf(const SweepStudy& study, AxisRole role) const {
    std::vector<int> choices;
    for (size_t i = 0; i < plan_.axes.size(); ++i) {
      if (plan_.axes[i].role == role) choices.push_back(study.choices[i]);
    }
    return choices;
  }

  std::string MethodOf(const SweepStudy& study) const {
    std::string method;
    for (const std::string& choice : ChoicesIn(study, AxisRole::kMethod)) {
      method += (method.empty() ? "" : ", ") + choice;
    }
    return method.empty() ? "searched" : method;
  }

  void AddRow(const SweepStudy& study, const ResultRow& result, Block& block) {
    Row row{.kind = result.kind, .method = MethodOf(study)};
    const bool found = result.kind == ResultRow::Kind::kFound;
    row.label = found ? row.method : result.label;
    const std::vector<int> seeds = ChoicesOf(study, AxisRole::kSeed);
    const int seed = seeds.empty() ? 0 : seeds[0];
    for (const ResultMetric& metric : result.metrics) {
      // That over the tasks of one study; see AddAverages().
      if (has_tasks_ && metric.name == kAverage) continue;
      if (std::ranges::find(columns_, metric.name) == columns_.end()) {
        columns_.push_back(metric.name);
      }
      minimised_[metric.name] = metric.minimised;
      row.columns[metric.name][seed] = metric.samples;
    }
    Merge(row, block);
  }

  // A row that the block has already gets the columns and seeds of this one.
  static void Merge(const Row& row, Block& block) {
    for (Row& other : block) {
      if (other.kind != row.kind || other.label != row.label ||
          other.method != row.method) {
        continue;
      }
      other.TakeFrom(row);
      return;
    }
    block.push_back(row);
  }

  // What methods have in common (the same baseline, measured with the same
  // seeds) is one row, unless any two of them differ.
  static Block WithoutRepeats(const Block& block) {
    Block rows;
    for (const Row& row : block) {
      auto is_same = [&](const Row& other) {
        return other.kind == row.kind && other.label == row.label;
      };
      const bool agree = std::ranges::all_of(block, [&](const Row& a) {
        return std::ranges::all_of(block, [&](const Row& b) {
          return !is_same(a) || !is_same(b) || a.Agrees(b);
        });
      });
      auto first = std::ranges::find_if(rows, is_same);
      if (!agree || first == rows.end()) {
        rows.push_back(row);
      } else {
        first->TakeFrom(row);
      }
    }
    return rows;
  }

  // Of the seeds that every task has.
  void AddAverages() {
    for (auto& [settings, block] : blocks_) {
      for (Row& row : block) {
        std::map<int, Samples> means;
        for (const std::string& column : columns_) {
          if (minimised_[column]) continue;
          for (const auto& [seed, samples] : row.columns[column]) {
            means[seed].push_back(Mean(samples));
          }
        }
        const auto num_tasks = std::ranges::count_if(
            columns_, [&](const auto& name) { return !minimised_[name]; });
        for (const auto& [seed, samples] : means) {
          if (std::ssize(samples) != num_tasks) continue;
          row.columns[kAverage][seed] = {Mean(samples)};
        }
      }
    }
    columns_.push_back(kAverage);
  }

  ResultCell CellOf(const SamplesOfSeeds& seeds) const {
    Samples samples;
    for (const auto& [seed, measured] : seeds) {
      if (measured.empty()) continue;
      if (has_seeds_) {
        samples.push_back(Mean(measured));
      } else {
        samples.insert(samples.end(), measured.begin(), measured.end());
      }
    }
    ResultCell cell{.num_samples = static_cast<int>(samples.size())};
    if (samples.empty()) return cell;
    cell.mean = Mean(samples);
    if (samples.size() < 2) return cell;
    double squares = 0;
    for (double sample : samples) squares += std::pow(sample - *cell.mean, 2);
    cell.standard_deviation =
        std::sqrt(squares / static_cast<double>(samples.size() - 1));
    return cell;
  }

  void FinishBlock(const std::vector<int>& settings,
                   const Block& block,
                   ResultTable& table) {
    const size_t first = table.rows.size();
    for (const Row& row : block) {
      TableRow finished{.settings = SettingNames(settings), .label = row.label};
      const auto num_same = std::ranges::count(block, row.label, &Row::label);
      if (num_same > 1) finished.label += " (" + row.method + ")";
      for (const std::string& column : columns_) {
        const auto seeds = row.columns.find(column);
        finished.cells.push_back(
            seeds == row.columns.end() ? ResultCell{} : CellOf(seeds->second));
      }
      table.rows.push_back(std::move(finished));
    }
    MarkBest(block, std::span(table.rows).subspan(first));
  }

  std::vector<std::string> SettingNames(const std::vector<int>& choices) const {
    std::vector<std::string> names;
    for (const SweepAxis& axis : plan_.axes) {
      if (axis.role != AxisRole::kSetting) continue;
      names.push_back(axis.choices[choices[names.size()]].name);
    }
    return names;
  }

  void MarkBest(const Block& block, std::span<TableRow> rows) {
    for (size_t column = 0; column < columns_.size(); ++column) {
      const double sign = minimised_[columns_[column]] ? -1 : 1;
      std::optional<double> best;
      auto competes = [&](size_t i) {
        return block[i].kind != ResultRow::Kind::kReference &&
               rows[i].cells[column].mean.has_value();
      };
      for (size_t i = 0; i < rows.size(); ++i) {
        if (!competes(i)) continue;
        const double value = sign * *rows[i].cells[column].mean;
        best = std::max(best.value_or(value), value);
      }
      for (size_t i = 0; i < rows.size(); ++i) {
        ResultCell& cell = rows[i].cells[column];
        cell.is_best = competes(i) && sign * *cell.mean == *best;
      }
    }
  }

  const SweepPlan& plan_;
  bool has_tasks_ = false;
  bool has_seeds_ = false;
  std::vector<std::string> columns_;  // as they first appear
  std::map<std::string, bool> minimised_;
  std::map<std::vector<int>, Block> blocks_;  // by the settings' choices
};

}  // namespace

ResultTable MakeResultTable(const SweepPlan& plan,
                            const std::vector<StudyStanding>& standings) {
  TableMaker maker(plan);
  for (size_t i = 0; i < plan.studies.size(); ++i) {
    if (standings[i].state != StudyState::kDone) continue;
    maker.Add(plan.studies[i], standings[i].result);
  }
  return maker.Finish();
}

}  // namespace rankadaptor::runners
