"""The CustomResourceDefinition of `PoolLoadTest`, made from the models; talks to no cluster."""

from purreal_operator.crd.definition import definition

__all__ = ["definition"]
