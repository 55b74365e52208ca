"""The names of everything in our OTLP messages; holds no logic.

OpenTelemetry's semantic conventions where they have a name, `purreal.…` elsewhere.
"""

from typing import Final

# Attributes of the resource: one resource is one pool of one runner.
SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
SERVICE_INSTANCE_ID: Final = "service.instance.id"
POD_NAME: Final = "k8s.pod.name"
RUN_ID: Final = "purreal.run.id"
RUNNER_INDEX: Final = "purreal.runner.index"
POOL_INDEX: Final = "purreal.pool.index"
PROCESS: Final = "purreal.process"
PART_VERSION: Final = "purreal.part.version"
PART_FINAL: Final = "purreal.part.final"

RUNNER_SERVICE: Final = "purreal-runner"
SCOPE: Final = "purreal_runner"

# Durations: histograms in seconds, and beside each what a float can't hold exactly.
WAIT_TIME: Final = "db.client.connection.wait_time"
REQUEST_DURATION: Final = "db.client.operation.duration"
OPERATION_DURATION: Final = "purreal.operation.duration"
OPERATION_DATABASE: Final = "purreal.operation.database_time"
OPERATION_REST: Final = "purreal.operation.rest_time"
LOOP_LAG: Final = "purreal.loop.lag"
EXACT_SUM: Final = "purreal.exact.sum"
EXACT_MIN: Final = "purreal.exact.min"
EXACT_MAX: Final = "purreal.exact.max"
OF: Final = "purreal.of"

# Operations: how many, how they ended, what ended them, where their time went.
ISSUED: Final = "purreal.operations.issued"
ENDED: Final = "purreal.operations.ended"
OUTCOME: Final = "purreal.outcome"
CONCURRENT: Final = "purreal.operations.peak_concurrent"
ERRORS: Final = "purreal.errors"
ERROR_KIND: Final = "purreal.error.kind"
ERROR_TYPE: Final = "error.type"
ERROR_EXAMPLE: Final = "purreal.error.example"
BREAKDOWN_COUNT: Final = "purreal.breakdown.operations"
BREAKDOWN_TIME: Final = "purreal.breakdown.time"
BUCKET: Final = "purreal.bucket"
PHASE: Final = "purreal.phase"
STARTED: Final = "purreal.measured.started"
STOPPED: Final = "purreal.measured.ended"

# The pool.
POOL_MAX: Final = "db.client.connection.max"
POOL_COUNT: Final = "db.client.connection.count"
POOL_PENDING: Final = "db.client.connection.pending_requests"
POOL_NAME: Final = "db.client.connection.pool.name"
STATE: Final = "db.client.connection.state"
LEASES: Final = "purreal.pool.leases"
MOMENT: Final = "purreal.moment"
PEAK_WAITING: Final = "purreal.pool.peak_waiting"
PEAK_CONCURRENT: Final = "purreal.pool.peak_concurrent"
SETTLED: Final = "purreal.pool.settled"
STATISTIC: Final = "purreal.pool.statistic"
STATISTIC_TEXT: Final = "purreal.pool.statistic.text"
NAME: Final = "purreal.name"
TEXT: Final = "purreal.text"

# The process that makes the load.
CPU_TIME: Final = "process.cpu.time"
MEMORY: Final = "process.memory.usage"
MEMORY_BEFORE: Final = "purreal.process.memory.before"
MEMORY_PEAK: Final = "purreal.process.memory.peak"
WALL_TIME: Final = "purreal.process.wall_time"
THROTTLED: Final = "purreal.process.cpu.throttled"
LOG_RECORDS: Final = "purreal.log.records"
LOGGER: Final = "purreal.logger"

# The history, in the final export only: one point for each interval.
HISTORY_INTERVAL: Final = "purreal.history.interval"
HISTORY: Final = "purreal.history."

# Spans of sampled operations; their own attributes are made where they are measured.
DB_SYSTEM: Final = "db.system.name"
