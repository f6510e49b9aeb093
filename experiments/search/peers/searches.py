"""The searches of other libraries, each told nothing but observed scores."""

import importlib
import warnings

NUM_LEVELS = 6
SEARCHES = {}


def search(name):
    def register(function):
        SEARCHES[name] = function
        return function
    return register


def _optuna(function, sampler):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for _ in range(function.trials):
        trial = study.ask()
        levels = [trial.suggest_int(f"layer {i}", 2, 12, step=2) // 2 - 1
                  for i in range(function.layers)]
        study.tell(trial, function(levels))


@search("optuna-tpe")
def optuna_tpe(function, seed):
    import optuna
    _optuna(function, optuna.samplers.TPESampler(seed=seed))


@search("optuna-cmaes")
def optuna_cmaes(function, seed):
    import optuna
    _optuna(function, optuna.samplers.CmaEsSampler(seed=seed))


@search("optuna-gp")
def optuna_gp(function, seed):
    import optuna
    import torch
    torch.set_num_threads(1)
    _optuna(function, optuna.samplers.GPSampler(seed=seed))


@search("nevergrad-ngopt")
def nevergrad_ngopt(function, seed):
    import nevergrad
    import numpy
    space = nevergrad.p.Array(shape=(function.layers,), lower=0,
                              upper=NUM_LEVELS - 1).set_integer_casting()
    space.random_state = numpy.random.RandomState(seed)
    optimizer = nevergrad.optimizers.NGOpt(parametrization=space,
                                           budget=function.trials)
    for _ in range(function.trials):
        candidate = optimizer.ask()
        optimizer.tell(candidate, -function(candidate.value))


@search("synetune-quantile")
def synetune_quantile(function, seed):
    """Thompson sampling from boosted trees of the sources' score quantiles
    (Salinas et al., 2020). Does not learn from the target."""
    import numpy
    import pandas
    import syne_tune.config_space
    from syne_tune.optimizer.schedulers import transfer_learning
    searchers = importlib.import_module(
        transfer_learning.__name__ + ".quantile_based.quantile_based_searcher")
    numpy.random.seed(seed)
    names = [f"layer{i:02}" for i in range(function.layers)]
    space = {name: syne_tune.config_space.randint(0, NUM_LEVELS - 1)
             for name in names}
    past = {
        str(i): searchers.TransferLearningTaskEvaluations(
            space, pandas.DataFrame(rows, columns=names), ["loss"],
            -numpy.array(scores).reshape(-1, 1, 1, 1))
        for i, (rows, scores) in enumerate(function.sources)}
    searcher = searchers.QuantileBasedSurrogateSearcher(space, past,
                                                        random_seed=seed)
    for _ in range(function.trials):
        suggested = searcher.suggest()
        function([suggested[name] for name in names])


warnings.filterwarnings("ignore")
