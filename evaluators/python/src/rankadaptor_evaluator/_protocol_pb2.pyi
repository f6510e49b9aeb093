from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

CODE_CANCELLED: Code
CODE_FAILED: Code
CODE_INFEASIBLE: Code
CODE_RESOURCE_EXHAUSTED: Code
CODE_UNSPECIFIED: Code
DESCRIPTOR: _descriptor.FileDescriptor
SPLIT_CONFIRM: Split
SPLIT_SEARCH: Split
SPLIT_UNSPECIFIED: Split

class Accepted(_message.Message):
    __slots__ = ["trial_id"]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ...) -> None: ...

class Cancel(_message.Message):
    __slots__ = ["trial_id"]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ...) -> None: ...

class Constraint(_message.Message):
    __slots__ = ["limit", "tables", "unit", "weights"]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    limit: float
    tables: _containers.RepeatedCompositeFieldContainer[Table]
    unit: str
    weights: _containers.RepeatedCompositeFieldContainer[Weights]
    def __init__(self, unit: _Optional[str] = ..., weights: _Optional[_Iterable[_Union[Weights, _Mapping]]] = ..., limit: _Optional[float] = ..., tables: _Optional[_Iterable[_Union[Table, _Mapping]]] = ...) -> None: ...

class Evaluate(_message.Message):
    __slots__ = ["choices", "fidelity", "seed", "split", "trial_id", "values"]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    FIDELITY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedScalarFieldContainer[int]
    fidelity: float
    seed: int
    split: Split
    trial_id: int
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, trial_id: _Optional[int] = ..., seed: _Optional[int] = ..., split: _Optional[_Union[Split, str]] = ..., fidelity: _Optional[float] = ..., choices: _Optional[_Iterable[int]] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class Failed(_message.Message):
    __slots__ = ["code", "message", "trial_id"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    code: Code
    message: str
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ..., code: _Optional[_Union[Code, str]] = ..., message: _Optional[str] = ...) -> None: ...

class FromEvaluator(_message.Message):
    __slots__ = ["failed", "heartbeat", "measured", "progress", "ready", "refused", "sequence", "started"]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    failed: Failed
    heartbeat: Heartbeat
    measured: Measured
    progress: Progress
    ready: Ready
    refused: Refused
    sequence: int
    started: Started
    def __init__(self, sequence: _Optional[int] = ..., ready: _Optional[_Union[Ready, _Mapping]] = ..., refused: _Optional[_Union[Refused, _Mapping]] = ..., started: _Optional[_Union[Started, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., measured: _Optional[_Union[Measured, _Mapping]] = ..., failed: _Optional[_Union[Failed, _Mapping]] = ...) -> None: ...

class Goodbye(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Hello(_message.Message):
    __slots__ = ["config", "heartbeat_seconds", "protocol_major", "protocol_minor", "space", "worker"]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MAJOR_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MINOR_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    config: bytes
    heartbeat_seconds: float
    protocol_major: int
    protocol_minor: int
    space: Space
    worker: int
    def __init__(self, protocol_major: _Optional[int] = ..., protocol_minor: _Optional[int] = ..., config: _Optional[bytes] = ..., space: _Optional[_Union[Space, _Mapping]] = ..., heartbeat_seconds: _Optional[float] = ..., worker: _Optional[int] = ...) -> None: ...

class Measured(_message.Message):
    __slots__ = ["kept", "metrics", "objective", "trial_id"]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    kept: _containers.RepeatedScalarFieldContainer[str]
    metrics: _containers.RepeatedCompositeFieldContainer[Metric]
    objective: float
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ..., objective: _Optional[float] = ..., metrics: _Optional[_Iterable[_Union[Metric, _Mapping]]] = ..., kept: _Optional[_Iterable[str]] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ["name", "value"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ["categorical", "choices", "labels", "name"]
    CATEGORICAL_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    categorical: bool
    choices: _containers.RepeatedScalarFieldContainer[float]
    labels: _containers.RepeatedScalarFieldContainer[str]
    name: str
    def __init__(self, name: _Optional[str] = ..., choices: _Optional[_Iterable[float]] = ..., categorical: bool = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ["fraction_done", "trial_id", "value"]
    FRACTION_DONE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    fraction_done: float
    trial_id: int
    value: float
    def __init__(self, trial_id: _Optional[int] = ..., fraction_done: _Optional[float] = ..., value: _Optional[float] = ...) -> None: ...

class Ready(_message.Message):
    __slots__ = ["build", "deterministic", "fidelities", "may_share_process", "minimised", "name", "objective", "protocol_major", "protocol_minor", "space", "thread_safe", "version"]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_FIELD_NUMBER: _ClassVar[int]
    FIDELITIES_FIELD_NUMBER: _ClassVar[int]
    MAY_SHARE_PROCESS_FIELD_NUMBER: _ClassVar[int]
    MINIMISED_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MAJOR_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MINOR_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    THREAD_SAFE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    build: str
    deterministic: bool
    fidelities: _containers.RepeatedScalarFieldContainer[float]
    may_share_process: bool
    minimised: bool
    name: str
    objective: str
    protocol_major: int
    protocol_minor: int
    space: Space
    thread_safe: bool
    version: str
    def __init__(self, protocol_major: _Optional[int] = ..., protocol_minor: _Optional[int] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., space: _Optional[_Union[Space, _Mapping]] = ..., deterministic: bool = ..., fidelities: _Optional[_Iterable[float]] = ..., objective: _Optional[str] = ..., minimised: bool = ..., build: _Optional[str] = ..., thread_safe: bool = ..., may_share_process: bool = ...) -> None: ...

class Refused(_message.Message):
    __slots__ = ["message"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: str
    def __init__(self, message: _Optional[str] = ...) -> None: ...

class Space(_message.Message):
    __slots__ = ["constraints", "parameters"]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    constraints: _containers.RepeatedCompositeFieldContainer[Constraint]
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    def __init__(self, parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., constraints: _Optional[_Iterable[_Union[Constraint, _Mapping]]] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ["trial_id"]
    TRIAL_ID_FIELD_NUMBER: _ClassVar[int]
    trial_id: int
    def __init__(self, trial_id: _Optional[int] = ...) -> None: ...

class Table(_message.Message):
    __slots__ = ["parameters", "weights"]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.RepeatedScalarFieldContainer[int]
    weights: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, parameters: _Optional[_Iterable[int]] = ..., weights: _Optional[_Iterable[float]] = ...) -> None: ...

class ToEvaluator(_message.Message):
    __slots__ = ["accepted", "cancel", "evaluate", "goodbye", "hello", "sequence"]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    accepted: Accepted
    cancel: Cancel
    evaluate: Evaluate
    goodbye: Goodbye
    hello: Hello
    sequence: int
    def __init__(self, sequence: _Optional[int] = ..., hello: _Optional[_Union[Hello, _Mapping]] = ..., evaluate: _Optional[_Union[Evaluate, _Mapping]] = ..., cancel: _Optional[_Union[Cancel, _Mapping]] = ..., accepted: _Optional[_Union[Accepted, _Mapping]] = ..., goodbye: _Optional[_Union[Goodbye, _Mapping]] = ...) -> None: ...

class Weights(_message.Message):
    __slots__ = ["values"]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class Split(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Code(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
