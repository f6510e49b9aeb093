"""What the paper's tables compare: a cell is one row of a table, the scores of
one model, pruned by one program at one rate and recovered by one method."""

import csv
import dataclasses
import pathlib

HERE = pathlib.Path(__file__).parent

TASKS = {  # our name: the paper's, in its order
    "boolq": "BoolQ", "piqa": "PIQA", "hellaswag": "HellaS",
    "winogrande": "WinoG", "arc_easy": "ARC-e", "arc_challenge": "ARC-c",
    "openbookqa": "OBQA"}
# The field of a results file that the paper reports for each task.
METRICS = {task: "acc_norm,none" if task in (
    "hellaswag", "arc_challenge", "openbookqa") else "acc,none"
           for task in TASKS}

# How texts become tokens: as in the harness that each pruner's program brings.
PRESETS = {"llm_pruner": "lm_eval_2023_05", "shortened": "lm_eval_2023_08"}

# "Global" rate: the ratio inside layers 5 to 30 (36), and the blocks that go.
# The paper does not say how many blocks: these are Shortened LLaMA's published
# counts, and beyond them the nearest.
RATIOS = {20: 0.25, 25: 0.32, 30: 0.38, 50: 0.635}
BLOCKS = {"llama-7b": {20: 6, 25: 8, 30: 10, 50: 16},
          "llama-13b": {20: 8, 25: 10, 30: 12, 50: 20}}
BLOCKS["vicuna-7b"] = BLOCKS["llama-7b"]
LAYERS = {"llama-7b": 32, "vicuna-7b": 32, "llama-13b": 40}
PRUNED_END = {"llama-7b": 30, "vicuna-7b": 30, "llama-13b": 36}
FIRST_PRUNED = 4
PROTECTED_LAST = 2
METHODS = ("adalora", "lora", "rankadaptor")


@dataclasses.dataclass(frozen=True)
class Cell:
    model: str = "llama-7b"
    pruner: str = "llm_pruner"
    rate: int = 20
    method: str = "lora"
    label: str = ""         # of the row, where the method does not say it
    prune: tuple = ()       # --set of prune beyond rate and layers
    train: tuple = ()       # --set of recovery fields
    search: tuple = ()      # --set of search fields
    ranks: tuple = ()       # given ranks, for method "ranks"
    only: str = ""          # the one task that is of interest

    @property
    def name(self):
        return self.label or self.method

    @property
    def preset(self):
        return PRESETS[self.pruner]

    def num_layers(self):
        removed = (BLOCKS[self.model][self.rate]
                   if self.pruner == "shortened" else 0)
        return LAYERS[self.model] - removed

    def free_layers(self):
        """[begin, end) of the layers whose ranks are searched."""
        if self.pruner == "shortened":
            return FIRST_PRUNED, self.num_layers() - PROTECTED_LAST
        return FIRST_PRUNED, PRUNED_END[self.model]


def figures(table):
    """The rows of figures/<table>.csv."""
    with open(HERE / "figures" / f"{table}.csv", newline="",
              encoding="utf-8") as file:
        return list(csv.DictReader(file))


def quarters(num_layers, ranks=(4, 6, 10, 12)):
    """LoRA* of Figure 2: ranks that grow from quarter to quarter."""
    return tuple(ranks[min(4 * layer // num_layers, 3)]
                 for layer in range(num_layers))


def _grid(table, model):
    return [Cell(model, row["pruner"], int(row["rate"]), row["method"])
            for row in figures(table)]


def _ablations():
    """Columns of Table 3. Its baseline has micro-batch 8 and N = 10."""
    def cell(label, prune=(), train=(), search=()):
        return Cell(method="rankadaptor", label=label, prune=prune,
                    train=train or ("micro_batch_size=8",), search=search)

    windows = "pruning.width.calibration.num_windows="
    criterion = "pruning.width.criterion="
    return [
        cell("n_10"),
        cell("n_50", prune=(windows + "50",)),
        cell("micro_4", train=("micro_batch_size=4",)),
        cell("micro_8"),
        cell("micro_16", train=("micro_batch_size=16",)),
        cell("element1"),
        # Element2 may mean the second-order term alone or the mix of both.
        cell("element2", prune=(criterion + "param_mix",
                                "pruning.width.second_order=sum")),
        cell("element2 (second term alone)",
             prune=(criterion + "param_second",)),
        cell("32-32-32-1"),
        cell("32-64-32-1", search=("search.hidden_widths=[32,64,32]",)),
        cell("32-16-32-1", search=("search.hidden_widths=[32,16,32]",)),
        # Micro-batches matter if each has the same weight whatever it holds.
        *(cell(f"micro_{size} (per micro-batch)",
               train=(f"micro_batch_size={size}",
                      "loss_weighting=per_micro_batch"))
          for size in (4, 8, 16))]


def _rank_vectors():
    """Rows of Table 7 that can be run: its misprints cannot."""
    return [Cell(rate=int(row["rate"]), method="ranks",
                 label=f"{row['rate']} % {TASKS[row['task']]}",
                 ranks=tuple(int(r) for r in row["ranks"].split()),
                 only=row["task"])
            for row in figures("table7")
            if not row["note"].startswith("misprint")]


def table_cells(table):
    if table == "table1":
        return [Cell(method="adalora"), Cell(method="lora")]
    if table == "table2":
        return _grid(table, "llama-7b")
    if table == "table3":
        return _ablations()
    if table == "table4":
        return _grid(table, "vicuna-7b")
    if table == "table5":
        # The 20 % rows that the text speaks of are not in the paper.
        missing = [Cell("llama-13b", pruner, 20, method)
                   for pruner in ("llm_pruner", "shortened")
                   for method in METHODS]
        return _grid(table, "llama-13b") + missing
    if table == "table6":
        return _grid(table, "llama-7b")
    if table == "table7":
        return _rank_vectors()
    if table == "figure2":
        ranks = quarters(LAYERS["llama-7b"])
        return [Cell(method="lora"),
                Cell(method="ranks", label="LoRA*", ranks=ranks)]
    raise ValueError(table)


TABLES = ("table1", "table2", "table3", "table4", "table5", "table6", "table7",
          "figure2")


def paper_scores(table, cell):
    """What the paper prints for the cell: task -> text; empty if nothing."""
    if table in ("table7", "figure2"):
        return _table7_scores(cell) if table == "table7" else {}
    for row in figures(table):
        if table == "table3":
            same = row["column"] == cell.name
        elif table == "table1":
            same = row["method"] == cell.method
        else:
            same = ((row["pruner"], int(row["rate"]), row["method"]) ==
                    (cell.pruner, cell.rate, cell.method))
        if same:
            return row
    return {}


def _table7_scores(cell):
    """Table 7 gives the ranks behind RankAdaptor's rows of Table 2."""
    for row in figures("table2"):
        if ((row["pruner"], int(row["rate"]), row["method"]) ==
                ("llm_pruner", cell.rate, "rankadaptor")):
            return {cell.only: row[cell.only]}
    return {}
