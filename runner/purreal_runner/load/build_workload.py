"""Makes the workload a plan names; the one place that knows every kind of workload."""

from purreal_runner.load.plan import MixPlan, PythonPlan, ScenarioPlan
from purreal_runner.workload.mix import mix
from purreal_runner.workload.python_file import FunctionReference, python_workload
from purreal_runner.workload.scenarios import scenario
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.workload import Workload


def build_workload(plan: ScenarioPlan | MixPlan | PythonPlan, tables: OwnTables) -> Workload:
    """The workload that a plan describes, on the run's own tables.

    Raises:
        InvalidWorkload: a template is wrong, or the Python file or function can't be used.
    """
    if isinstance(plan, ScenarioPlan):
        return scenario(plan.name, tables)
    if isinstance(plan, MixPlan):
        return mix(plan.queries, tables)
    return python_workload(FunctionReference(plan.path, plan.function))
