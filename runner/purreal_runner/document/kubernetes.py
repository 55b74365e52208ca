"""How Kubernetes calls the document's kind: group, version, names, annotations; knows no fields."""

GROUP = "purreal.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "PoolLoadTest"
PLURAL = "poolloadtests"
SINGULAR = "poolloadtest"
SHORT_NAME = "plt"

RERUN_ANNOTATION = f"{GROUP}/rerun-at"
"""A time, as text; another value than before asks for one more run of an unchanged spec."""
