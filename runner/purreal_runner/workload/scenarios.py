"""The guide's scenarios by name; must not know how many workers or operations there are."""

from purreal_runner.workload.records import RECORD_TABLES, echo_work, record_work
from purreal_runner.workload.shop import SHOP_TABLES, shop_work
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.workload import Shape, Workload

SCENARIOS = ("Sustained", "Burst", "Churn", "Complex", "Progressive")


def scenario(name: str, tables: OwnTables) -> Workload:
    """One of the guide's scenarios, on tables of the run's own.

    Sustained, Burst and Progressive do the same simple queries; what differs is how the workers
    come on. Churn does nothing but take, use for an instant and return. Complex uses a graph,
    several statements at once, transactions and aggregates.
    """
    if name == "Churn":
        return Workload(name, echo_work())
    if name == "Complex":
        return Workload(name, shop_work(tables), tables=SHOP_TABLES)
    shape = {"Sustained": Shape.STEADY, "Burst": Shape.WAVES, "Progressive": Shape.STAGES}[name]
    return Workload(name, record_work(tables), tables=RECORD_TABLES, shape=shape)
